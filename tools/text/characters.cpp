#include "tools/text/characters.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "vitrine/error.hpp"

namespace vitrine {

CharacterTokenizer::CharacterTokenizer(std::string_view text, std::string_view name) : alphabet_(text, name) {
  if (size() == 0) throw InputError(fmt::format("{}: it has no bytes, so no characters to learn; use a text", name));
}

std::vector<std::int32_t> CharacterTokenizer::encode(std::string_view text, std::string_view name) const {
  return alphabet_.encode(text, name);
}

std::string CharacterTokenizer::token(std::int32_t id) const { return alphabet_.decode({&id, 1}); }

std::string CharacterTokenizer::to_json() const {
  std::string all;
  for (std::size_t id = 0; id < size(); ++id) all += token(static_cast<std::int32_t>(id));
  return nlohmann::ordered_json{{"tokenizer", kind()}, {"characters", all}}.dump(-1, ' ', true);
}

}  // namespace vitrine
