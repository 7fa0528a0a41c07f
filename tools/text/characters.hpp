#pragma once
// One token per character, for the characters (Unicode code points) that a training text has.
#include "tools/data/text_data.hpp"
#include "tools/text/tokenizer.hpp"

namespace vitrine {

class CharacterTokenizer : public Tokenizer {
 public:
  /// Of a text in UTF-8: ids in the order of the code points. Throws InputError for a text with no bytes, and for
  /// invalid UTF-8 with its offset; `name` is the text's.
  CharacterTokenizer(std::string_view text, std::string_view name);

  std::string_view kind() const override { return "characters"; }
  std::size_t size() const override { return alphabet_.size(); }
  /// Throws InputError with the offset for invalid UTF-8 and for a character that training did not see.
  std::vector<std::int32_t> encode(std::string_view text, std::string_view name = "text") const override;
  std::string token(std::int32_t id) const override;
  /// {"tokenizer": "characters", "characters": "each once, in order"}
  std::string to_json() const override;

 private:
  Alphabet alphabet_;
};

}  // namespace vitrine
