#pragma once
// A derived graph in use: sequences of tokens go in by chunks, rows come out, to be held against the whole graph's.
#include "compiler/continuation.hpp"
#include "tests/small_language.hpp"

namespace vitrine {

/// A forward graph for so many sequences of so many places, as a model has it in use: what is derived from.
inline Graph in_use(const Graph& forward, std::size_t batch, std::size_t capacity) {
  return in_use_along(forward, Axis{"batch", batch}, Axis{"time", capacity});
}

/// Output "y" of programs that go on, each of its chunk's size, on the same states.
class Continuing {
 public:
  Continuing(const Graph& full, States& states, Pool& pool, ContinuationOptions options,
             Provider provider = Provider::own)
      : full_(full), states_(states), pool_(pool), options_(options), provider_(provider) {}

  /// tokens[b] are the next ones of sequence b, at most `rows`, from position[b] on. The rows of y, [batch, rows, ...].
  std::vector<float> run(const std::vector<std::vector<std::int32_t>>& tokens,
                         const std::vector<std::int32_t>& position, std::size_t rows) {
    options_.rows = rows;
    auto found = programs_.find(rows);
    if (found == programs_.end())
      found = programs_
                  .emplace(rows, compiled(continuation(full_, options_, &report), states_, pool_, default_pipeline,
                                          provider_))
                  .first;
    Program& program = found->second;
    token_.assign(tokens.size() * rows, 0);
    length_.clear();
    for (std::size_t b = 0; b < tokens.size(); ++b) {
      std::copy(tokens[b].begin(), tokens[b].end(), token_.begin() + static_cast<std::ptrdiff_t>(b * rows));
      length_.push_back(static_cast<std::int32_t>(tokens[b].size()));
    }
    position_ = position;
    program.bind_input("token", token_.data());
    program.bind_input("position", position_.data());
    program.bind_input("length", length_.data());
    program.run();
    const auto bytes = program.output("y");
    const auto* const from = reinterpret_cast<const float*>(bytes.data());
    return {from, from + bytes.size() / sizeof(float)};
  }

  ContinuationReport report{};

 private:
  const Graph& full_;
  States& states_;
  Pool& pool_;
  ContinuationOptions options_;
  Provider provider_;
  std::map<std::size_t, Program> programs_{};
  std::vector<std::int32_t> token_{}, position_{}, length_{};
};

}  // namespace vitrine
