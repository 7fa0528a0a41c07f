#pragma once
// A language model held against itself in f32, on texts.
#include <functional>

#include "tools/quantize/quality.hpp"
#include "tools/text_program.hpp"

namespace vitrine {

using TokenText = std::vector<std::int32_t>;

/// Texts beside each other, so many tokens of each; what a text lacks is filled up behind its end and not counted. The
/// scores of the f32 model take the most room (32,000 numbers for each place), so that both models run on one batch
/// before the next; only those of the first texts are kept, to be looked at again and again.
class TextComparison {
 public:
  /// Graph, states and pool must outlive this object. A text's last token is only guessed; InputError for a text of
  /// fewer than two or of more than the model sees.
  TextComparison(const Graph& forward, States&, Pool&, std::vector<TokenText> texts);

  /// On every text; `each` is told how many were done.
  Quality measure(const Graph& after, States&, const std::function<void(std::size_t texts)>& each);
  /// KL on the first texts only, in nats a place.
  double glance(const Graph& after, States&);

  const std::vector<TokenText>& texts() const { return texts_; }
  std::size_t glanced() const { return kept_.size() * together_; }

 private:
  struct Rows {
    std::vector<std::int32_t> tokens, next;
  };
  Rows rows_from(std::size_t first) const;
  void compare(std::size_t first, const Rows&, const float* before, TextProgram& after, QualitySums&);

  Pool& pool_;
  std::vector<TokenText> texts_;
  std::size_t time_, kinds_, together_;
  TextProgram before_;
  ScoreComparison comparison_;
  std::vector<std::vector<float>> kept_{};  // scores of the first batches
};

}  // namespace vitrine
