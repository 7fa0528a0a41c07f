#include "tools/continued_text.hpp"

#include <fmt/format.h>

#include <limits>

#include "tools/compiled.hpp"
#include "tools/model_training.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
constexpr std::array<std::size_t, 5> chunks{256, 64, 16, 4, 1};
}

ContinuedText::ContinuedText(const Graph& forward, States& states, Pool& pool)
    : states_(states),
      pool_(pool),
      axes_(text_axes(forward)),
      whole_(in_use_along(
          forward,
          [&] {
            Axis one = axes_.batch;
            one.size = 1;
            return one;
          }(),
          axes_.time)) {
  continuation(whole_, {.axis = std::string(axes_.time.label())}, &report_);
}

std::size_t ContinuedText::room() const {
  return report_.endless ? std::numeric_limits<std::size_t>::max() : report_.capacity - position_;
}

std::size_t ContinuedText::chunk_for(std::size_t tokens) const {
  for (const std::size_t rows : chunks)
    if (rows <= tokens && rows <= report_.capacity) return rows;
  return 1;
}

Program& ContinuedText::program_of(std::size_t rows) {
  const auto found = programs_.find(rows);
  if (found != programs_.end()) return found->second;
  Graph graph = continuation(whole_, {.axis = std::string(axes_.time.label()), .rows = rows});
  Program& made = programs_.emplace(rows, compiled(std::move(graph), states_, pool_)).first->second;
  made.bind_input("position", &position_bound_);
  made.bind_input("length", &length_bound_);
  return made;
}

void ContinuedText::prepare(std::size_t tokens) {
  program_of(1);
  for (std::size_t rows = 0; tokens > 0; tokens -= rows) program_of(rows = chunk_for(tokens));
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
    Program& program = program_of(rows);
    position_bound_ = static_cast<std::int32_t>(position_), length_bound_ = static_cast<std::int32_t>(rows);
    program.bind_input("token", tokens.data());
    program.run();
    position_ += rows;
    tokens = tokens.subspan(rows);
    if (tokens.empty()) return floats_in(program.output("y"));
  }
}

}  // namespace vitrine
