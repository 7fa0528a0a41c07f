#include "milestones/05_gpt/models.hpp"

#include <algorithm>

#include "milestones/05_gpt/block.hpp"
#include "vitrine/layers/embedding.hpp"
#include "vitrine/layers/positions.hpp"
#include "vitrine/trace.hpp"

namespace vitrine::transformer {

namespace {

template <Axis batch, Axis time, Axis token, Axis width, Axis head, std::size_t depth, Looks looks> struct Transformer {
  using Stream = Tensor<batch, time, width>;
  using Tokens = Embedding<token, width>;
  using Positions = LearnedPositions<time, width>;
  using Blocks = std::array<Block<batch, time, width, head, looks>, depth>;
  using Norm = LayerNorm<width>;
  using Scores = UnbiasedLinear<width, token>;
  BOOST_HANA_DEFINE_STRUCT(Transformer, (Tokens, tokens), (Positions, positions), (Blocks, blocks), (Norm, norm),
                           (Scores, scores), (Parts, with));

  Tensor<batch, time, token> operator()(Indices<batch, time> text) const {
    Stream x = tokens(text);
    if (with.positions) x = x + positions();
    for (const auto& block : blocks) x = block(x, with);
    if (with.norm) x = norm(x);
    return scores(x);
  }
};

constexpr Axis token{"token", 96};

namespace of_sequences {
constexpr Axis batch{"batch", 64}, time{"time", 7}, sign{"token", 28}, width{"width", 64}, head{"head", 4};
using Model = Transformer<batch, time, sign, width, head, 2, everywhere>;
}  // namespace of_sequences

namespace of_characters {
constexpr Axis batch{"batch", 16}, time{"time", 128}, width{"width", 128}, head{"head", 4};
using Model = Transformer<batch, time, token, width, head, 4, causal>;
static_assert(parameter_count<Model>() == 833'792);
}  // namespace of_characters

namespace of_few {
constexpr Axis batch{"batch", 16}, time{"time", 64}, width{"width", 64}, head{"head", 4};
using Model = Transformer<batch, time, token, width, head, 2, causal>;
}  // namespace of_few

}  // namespace

Parts all_but(const std::vector<std::string>& left_out) {
  const auto here = [&](const char* part) { return std::ranges::find(left_out, part) == left_out.end(); };
  return {here("attention"), here("positions"), here("residual"), here("norm"), here("mask")};
}

Graph sequence_model(const std::vector<std::string>& without) {
  of_sequences::Model model;
  model.with = all_but(without);
  return trace_language_model(model, "sequences");
}

Graph quick_character_model(const std::vector<std::string>& without) {
  of_few::Model model;
  model.with = all_but(without);
  return trace_language_model(model, "gpt, quick");
}

Graph character_model(const std::vector<std::string>& without) {
  of_characters::Model model;
  model.with = all_but(without);
  return trace_language_model(model, "gpt");
}

}  // namespace vitrine::transformer
