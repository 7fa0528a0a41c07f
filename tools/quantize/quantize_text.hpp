#pragma once
// Language models for `quantize` and `run --quantize`.
#include "tools/language_generate.hpp"
#include "tools/language_task.hpp"
#include "tools/quantize/quantize_run.hpp"
#include "tools/quantize/text_comparison.hpp"

namespace vitrine {

/// A language model as a subject: texts, what they are in words, and how fast it writes.
class TextSubject {
 public:
  TextSubject(const std::string& name, const Graph& forward, States&, Pool&, std::vector<TokenText>,
              const std::string& data);
  // The subject's functions point here.
  TextSubject(const TextSubject&) = delete;
  TextSubject& operator=(const TextSubject&) = delete;
  const Subject& subject() const { return subject_; }

 private:
  TextComparison comparison_;
  Subject subject_;
};

/// One that others trained: on texts that it writes itself (see sampled_texts).
std::unique_ptr<TextSubject> sampled_subject(const std::string& name, const Graph& forward, States&, Pool&,
                                             const Tokenizer&, std::uint64_t seed);
/// One that was trained here: on the part of the text that was held out.
std::unique_ptr<TextSubject> held_out_subject(const LanguageTask&, const Graph& forward, States&, Pool&);

/// `run --test --load FILE` of a file in few bits: the held-out loss, and what its certificate says of it; whether all
/// gates hold. None for a file in f32.
std::optional<bool> test_in_few_bits(const LanguageTask&, const Writer&, const RunOptions&);

bool quantize_pretrained(const Writer&, const QuantizeOptions&);
bool quantize_trained(const LanguageModel&, const Writer&, const QuantizeOptions&);

}  // namespace vitrine
