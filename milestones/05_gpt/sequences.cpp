// What attention is for, in the smallest case: each letter of the answer stands elsewhere in the question, and where
// depends on the first sign.
#include "milestones/05_gpt/sequences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "milestones/05_gpt/models.hpp"
#include "runtime/write_file.hpp"
#include "tools/attention_picture.hpp"
#include "tools/data/shuffle.hpp"
#include "tools/model_training.hpp"
#include "tools/text_program.hpp"

namespace vitrine::transformer {

namespace {

constexpr std::size_t letters = 6, length = letters + 1, alphabet = 26;
constexpr std::int32_t copy = alphabet, reverse = alphabet + 1;

/// Example i: a sign and six letters drawn by i; what is to follow is the sign again and the letters, copied or turned
/// round. Even examples are copied.
class Sequences : public Dataset {
 public:
  Sequences(std::string_view purpose, std::size_t count, std::uint64_t seed)
      : purpose_(purpose), count_(count), seed_(seed) {}
  std::size_t count() const override { return count_; }
  std::vector<Field> fields() const override { return {{"token", DType::i32, length}, {"next", DType::i32, length}}; }
  void fill(Batch& batch) const override {
    const auto question = batch.integers("token"), answer = batch.integers("next");
    for (std::size_t i = 0; i < batch.count(); ++i) {
      const std::uint32_t example = batch.examples()[i];
      const auto low = draw(purpose_, seed_, 0, 2 * example), high = draw(purpose_, seed_, 0, 2 * example + 1);
      const std::array<std::uint32_t, letters> drawn{low[0], low[1], low[2], low[3], high[0], high[1]};
      const std::size_t first = i * length;
      question[first] = answer[first] = example % 2 == 0 ? copy : reverse;
      for (std::size_t k = 0; k < letters; ++k) {
        const auto letter = static_cast<std::int32_t>(drawn[k] % alphabet);
        question[first + 1 + k] = letter;
        answer[first + (example % 2 == 0 ? 1 + k : letters - k)] = letter;
      }
    }
  }

 private:
  std::string purpose_;
  std::size_t count_;
  std::uint64_t seed_;
};

/// The share of whole sequences that are right, in percent: of those to copy, and of those to turn round.
std::array<double, 2> whole_right(const ModelTraining& training, const Dataset& unseen, States& states, Pool& pool) {
  Batch batch(unseen.fields(), unseen.count());
  std::vector<std::uint32_t> order(unseen.count());
  std::iota(order.begin(), order.end(), 0u);
  batch.set_examples(order);
  unseen.fill(batch);
  TextProgram program(training.forward(), unseen.count(), length, states, pool);
  program.run(batch.integers("token"));
  const auto scores = program.output("y");
  const std::size_t kinds = scores.size() / (unseen.count() * length);
  std::array<double, 2> right{};
  for (std::size_t i = 0; i < unseen.count(); ++i) {
    bool whole = true;
    for (std::size_t k = 1; k < length; ++k) {
      const auto row = scores.subspan((i * length + k) * kinds, kinds);
      whole = whole && std::ranges::max_element(row) - row.begin() == batch.integers("next")[i * length + k];
    }
    right[i % 2] += whole ? 200. / static_cast<double>(unseen.count()) : 0;
  }
  return right;
}

/// Where the last block looks in a sequence to copy, and in the same letters to be turned round.
void draw_attention(const std::filesystem::path& file, ModelTraining& training, const Dataset& unseen) {
  Batch batch(unseen.fields(), 2);
  batch.set_examples(std::vector<std::uint32_t>{0, 1});
  unseen.fill(batch);
  std::vector<AttentionRow> rows;
  for (const std::int32_t sign : {copy, reverse}) {
    std::vector<std::int32_t> question(batch.integers("token").begin(), batch.integers("token").begin() + length);
    question[0] = sign;
    std::vector<std::string> tokens;
    for (const std::int32_t token : question)
      tokens.push_back(token < static_cast<std::int32_t>(alphabet) ? std::string(1, static_cast<char>('a' + token))
                       : token == copy                             ? "="
                                                                   : "<");
    const Probed probed{training.forward(), question, training.states(), training.pool()};
    // The last block answers; those before it only make ready.
    if (const auto maps = attention_maps(probed); !maps.empty())
      rows.push_back({sign == copy ? "copy" : "turn round", maps.back(), tokens});
  }
  if (!rows.empty())
    write_file(file,
               attention_picture("The last block, where it copies six letters (=) or turns them round (<)", rows));
}

}  // namespace

void learn_sequences(const RunOptions& asked, const Gate& gate) {
  RunOptions options = asked;  // only what decides how it learns
  options.save.clear(), options.load.clear(), options.resume = false, options.epochs = 0;
  const Graph forward = sequence_model(options.without);
  const Sequences seen("sequences to learn", 6400, options.seed), unseen("sequences to test", 400, options.seed);
  fmt::print("first, six letters to copy or to turn round:\n");
  ModelTraining training({.name = "sequences",
                          .forward = forward,
                          .data = seen,
                          .unit = "sequence",
                          .batch = text_axes(forward).batch,
                          .optimizer = AdamW{.rate = {.rate = 3e-3f, .warm_up_steps = 50}, .clip = {.norm = 1}},
                          .epochs = options.quick ? 2 : 4,
                          .frozen = options.without.empty() ? std::vector<std::string>() : unread_parameters(forward)},
                         options);
  training.run();
  const auto [copied, turned] = whole_right(training, unseen, training.states(), training.pool());
  const double least = options.quick ? 50 : 95;
  gate("copies six letters", copied >= least, fmt::format("{:.1f} % of 200 unseen", copied),
       fmt::format("at least {} %, whole", least));
  gate("turns six letters round", turned >= least, fmt::format("{:.1f} % of 200 unseen", turned),
       fmt::format("at least {} %, whole", least));
  draw_attention(std::filesystem::path(options.out) / "sequences.svg", training, unseen);
}

}  // namespace vitrine::transformer
