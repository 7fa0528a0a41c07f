#include "tools/continued_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "compiler/quantized_cache.hpp"
#include "tools/compiled.hpp"
#include "tools/model_training.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
constexpr std::array<std::size_t, 5> chunks{256, 64, 16, 4, 1};

Axis one_of(Axis axis) {
  axis.size = 1;
  return axis;
}
}  // namespace

ContinuedText::ContinuedText(const Graph& forward, States& states, Pool& pool, std::size_t most_rows, bool few_bits,
                             std::span<const Pass> passes)
    : states_(states),
      pool_(pool),
      axes_(text_axes(forward)),
      whole_(in_use_along(forward, one_of(axes_.batch), axes_.time)),
      most_rows_(most_rows),
      few_bits_(few_bits),
      passes_(passes) {
  graph_of(1, &report_);
}

Graph ContinuedText::graph_of(std::size_t rows, ContinuationReport* report) const {
  Graph graph =
      continuation(whole_, {.axis = std::string(axes_.time.label()), .rows = rows, .most_rows = most_rows_}, report);
  if (few_bits_) quantize_cache(graph, report);
  return graph;
}

std::size_t ContinuedText::room() const {
  return report_.endless ? std::numeric_limits<std::size_t>::max() : report_.capacity - position_;
}

std::size_t ContinuedText::chunk_for(std::size_t tokens) const {
  for (const std::size_t rows : chunks)
    if (rows <= tokens && rows <= report_.capacity) return rows;
  return 1;
}

ContinuedText::Chunk& ContinuedText::chunk_of(std::size_t rows) {
  const auto found = chunks_.find(rows);
  if (found != chunks_.end()) return found->second;
  Chunk& made = chunks_.emplace(rows, Chunk{compiled(graph_of(rows), states_, pool_, passes_), {}, {}}).first->second;
  made.tokens.resize(rows);
  made.program.bind_input("token", made.tokens.data());
  made.program.bind_input("position", &position_bound_);
  made.program.bind_input("length", &length_bound_);
  made.scores = floats_in(made.program.output("y"));
  return made;
}

void ContinuedText::prepare(std::size_t tokens) {
  chunk_of(1);
  for (std::size_t rows = 0; tokens > 0; tokens -= rows) chunk_of(rows = chunk_for(tokens));
}

void ContinuedText::run(Chunk& chunk, std::span<const std::int32_t> tokens) {
  position_bound_ = static_cast<std::int32_t>(position_), length_bound_ = static_cast<std::int32_t>(tokens.size());
  std::ranges::copy(tokens, chunk.tokens.begin());
  chunk.program.run();
  position_ += tokens.size();
}

std::span<const float> ContinuedText::reread(std::span<const std::int32_t> tokens, std::size_t rows) {
  begin_anew();
  Chunk& chunk = chunk_of(rows);
  run(chunk, tokens);
  begin_anew();
  return chunk.scores;
}

std::span<const float> ContinuedText::read(std::span<const std::int32_t> tokens) {
  if (tokens.empty()) throw UsageError("a model was to read a text without tokens");
  if (tokens.size() > room())
    throw InputError(
        fmt::format("the model has room for {} more tokens of {}, and {} are to be read; begin anew with "
                    "the last ones",
                    room(), report_.capacity, tokens.size()));
  for (;;) {
    const std::size_t rows = chunk_for(tokens.size());
    Chunk& chunk = chunk_of(rows);
    run(chunk, tokens.first(rows));
    tokens = tokens.subspan(rows);
    if (tokens.empty()) return chunk.scores;
  }
}

}  // namespace vitrine
