#pragma once
#include "tools/text/sampling.hpp"
#include "tools/text_program.hpp"

namespace vitrine {

/// Writes on, token by token. Every token runs the whole model over all that it sees, for there is no cache yet. Where
/// what follows a place does not change it, which is tried, the graph is compiled for 16, 32, 64, ... tokens, whichever
/// holds them; else for every length.
class TextGenerator {
 public:
  /// All must outlive this object.
  TextGenerator(const Graph& forward, States&, Pool&);

  /// Hands `each` of `count` further tokens out as soon as it is drawn, number 0 first. Behind the model's context the
  /// window slides: it sees the last tokens only, the prompt's first are forgotten. Ends early where it makes `end`,
  /// which is not handed out. Throws InputError for an empty prompt and for a token that the model has not.
  void write(std::vector<std::int32_t> prompt, std::size_t count, const Sampling&,
             const std::function<void(std::int32_t)>& each, std::optional<std::int32_t> end = std::nullopt);

  std::size_t context() const { return axes_.time.size; }

 private:
  bool sees_what_follows();
  std::span<const float> scores_behind(std::span<const std::int32_t> seen);

  const Graph& forward_;
  States& states_;
  Pool& pool_;
  TextAxes axes_;
  std::map<std::size_t, TextProgram> programs_{};  // by length
  std::vector<std::int32_t> padded_{};
  bool exact_ = false;  // no padding behind the text
};

}  // namespace vitrine
