#pragma once
#include <optional>

#include "tools/continued_text.hpp"
#include "tools/text/sampling.hpp"

namespace vitrine {

/// Scores behind a text by the whole model over all that it sees of it, for every token anew. A model that can go on is
/// compiled for 16, 32, 64, 96, ... tokens, whichever holds them, and makes the last row only; any other for every
/// length, with all rows.
class RereadText {
 public:
  RereadText(const Graph& forward, States&, Pool&, std::span<const Pass> passes = decode_pipeline);
  std::span<const float> scores_behind(std::span<const std::int32_t> seen);

 private:
  const Graph& forward_;
  States& states_;
  Pool& pool_;
  TextAxes axes_;
  std::unique_ptr<ContinuedText> last_rows_{};
  std::map<std::size_t, TextProgram> programs_{};  // by length
};

/// What a model does that has seen as many tokens as it can.
enum class WhenFull : std::uint8_t {
  refill,  // forgets the first half of them and reads the others again
  stop
};

/// How long it took, and how much it was.
struct GenerateFigures {
  std::size_t read = 0, written = 0;  // tokens of the prompt, and made
  double read_seconds = 0, write_seconds = 0;
  std::vector<double> seconds{};  // of each token that was made, the first with the reading of the prompt
};

/// Writes on, token by token.
class TextGenerator {
 public:
  enum class Cache : std::uint8_t { automatic, none, eight_bits };
  /// All must outlive this object. With a cache where the model can go on from one, of f32
  /// or of eight bits.
  TextGenerator(const Graph& forward, States&, Pool&, Cache = Cache::automatic, WhenFull = WhenFull::refill,
                std::span<const Pass> passes = decode_pipeline);

  /// Hands `each` of `count` further tokens out as soon as it is drawn, number 0 first. A model without a cache sees
  /// the last tokens only: the window slides. One with a cache does as WhenFull says. Ends early where it makes `end`,
  /// which is not handed out. Throws InputError for an empty prompt and for a token that the model has not.
  GenerateFigures write(std::vector<std::int32_t> prompt, std::size_t count, const Sampling&,
                        const std::function<void(std::int32_t)>& each, std::optional<std::int32_t> end = std::nullopt);

  std::size_t context() const { return axes_.time.size; }
  /// What is kept; null without a cache, and then why_not() says why, or nothing if none was asked for.
  const ContinuationReport* cache() const { return continued_ ? &continued_->report() : nullptr; }
  const std::string& why_not() const { return why_not_; }

 private:
  std::span<const float> scores_behind(std::span<const std::int32_t> text);
  bool is_full(std::size_t text) const;

  TextAxes axes_;
  WhenFull when_full_;
  std::unique_ptr<ContinuedText> continued_{};
  std::unique_ptr<RereadText> reread_{};
  std::string why_not_{};
  std::size_t taken_ = 0;  // tokens of the text that the cache has been given
};

}  // namespace vitrine
