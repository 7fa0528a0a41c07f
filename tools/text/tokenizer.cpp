#include "tools/text/tokenizer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/in_quotes.hpp"
#include "runtime/tensor_file.hpp"
#include "runtime/write_file.hpp"
#include "tools/text/byte_spelling.hpp"
#include "tools/text/characters.hpp"
#include "tools/text/gpt2_files.hpp"
#include "tools/text/pieces.hpp"
#include "tools/text/strict_json.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(std::string_view source, std::string_view what) {
  throw InputError(fmt::format("{}: {}; use a file that 'vitrine tokenize --save' wrote", source, what));
}

std::string kind_of(const Json& json, std::string_view source) {
  if (json.is_object() && json.contains("tokenizer") && json["tokenizer"].is_string()) return json["tokenizer"];
  refuse(source, "it is no tokenizer, which is an object with the name \"tokenizer\"");
}

/// The value under `name`, which must be there beside `others` names.
const Json& member(const Json& json, const char* name, Json::value_t type, std::string_view source) {
  const auto found = json.find(name);
  if (found == json.end()) refuse(source, fmt::format("{} is missing", in_quotes(name)));
  if (found->type() != type)
    refuse(source, fmt::format("{} is not {}", in_quotes(name), type == Json::value_t::array ? "an array" : "a text"));
  return *found;
}

void check_count(const Json& json, std::size_t count, std::string_view source) {
  if (json.size() != count) refuse(source, fmt::format("it has {} names where {} belong", json.size(), count));
}

std::unique_ptr<Tokenizer> characters_of(const Json& json, std::string_view source) {
  check_count(json, 2, source);
  const auto& text = member(json, "characters", Json::value_t::string, source).get_ref<const std::string&>();
  auto made = std::make_unique<CharacterTokenizer>(text, source);
  std::vector<std::int32_t> in_order(made->size());
  for (std::size_t id = 0; id < in_order.size(); ++id) in_order[id] = static_cast<std::int32_t>(id);
  if (made->encode(text, source) != in_order)
    refuse(source, "its characters are not each once, in the order of their code points");
  return made;
}

Split split_of(const Json& json, std::string_view source) {
  const std::string name = member(json, "split", Json::value_t::string, source);
  for (const Split split : {Split::none, Split::gpt2})
    if (name == name_of(split)) return split;
  refuse(source, fmt::format("its split is {}, not \"none\" or \"gpt2\"", in_quotes(name)));
}

std::int32_t id_of(const Json& json, std::string_view source, std::size_t merge) {
  if (json.is_number_unsigned() && json.get<std::uint64_t>() <= 0x7fffffff) return json;
  refuse(source, fmt::format("merge {} is not two ids", merge));
}

std::unique_ptr<Tokenizer> byte_pairs_of(const Json& json, std::string_view source) {
  check_count(json, 4, source);
  const Split split = split_of(json, source);
  std::vector<std::string> tokens;
  for (const Json& token : member(json, "tokens", Json::value_t::array, source)) {
    const auto bytes = token.is_string() ? spelled_bytes(token.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes) refuse(source, fmt::format("the token of id {} spells no bytes", tokens.size()));
    tokens.push_back(*bytes);
  }
  std::vector<Merge> merges;
  for (const Json& merge : member(json, "merges", Json::value_t::array, source)) {
    if (!merge.is_array() || merge.size() != 2) refuse(source, fmt::format("merge {} is not two ids", merges.size()));
    merges.push_back({id_of(merge[0], source, merges.size()), id_of(merge[1], source, merges.size())});
  }
  const BytePairPlaces places{std::string(source), fmt::format("{}: merge", source), 0};
  return std::make_unique<BytePairTokenizer>(std::move(tokens), std::move(merges), split, places);
}

std::unique_ptr<Tokenizer> pieces_of(const Json& json, std::string_view source) {
  check_count(json, 3, source);
  const Json& texts = member(json, "pieces", Json::value_t::array, source);
  const Json& scores = member(json, "scores", Json::value_t::array, source);
  if (texts.size() != scores.size())
    refuse(source, fmt::format("it has {} pieces and {} scores", texts.size(), scores.size()));
  std::vector<Piece> pieces;
  pieces.reserve(texts.size());
  for (std::size_t id = 0; id < texts.size(); ++id) {
    if (!texts[id].is_string()) refuse(source, fmt::format("piece {} is no text", id));
    if (!scores[id].is_number()) refuse(source, fmt::format("the score of piece {} is no number", id));
    pieces.push_back({texts[id], scores[id]});
  }
  return std::make_unique<PieceTokenizer>(std::move(pieces), source);
}

}  // namespace

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) text += token(id);
  return text;
}

std::unique_ptr<Tokenizer> make_tokenizer(std::string_view json, std::string_view source) {
  const Json parsed = parse_strictly(json, source);
  const std::string kind = kind_of(parsed, source);
  if (kind == "characters") return characters_of(parsed, source);
  if (kind == "bytes") return byte_pairs_of(parsed, source);
  if (kind == "pieces") return pieces_of(parsed, source);
  refuse(source, fmt::format("its kind is {}, not \"characters\", \"bytes\" or \"pieces\"", in_quotes(kind)));
}

void save_tokenizer(const std::filesystem::path& path, const Tokenizer& tokenizer) {
  write_file(path, tokenizer.to_json() + "\n");
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  std::error_code ignored;  // what is no folder is read as a file, which says what is wrong
  if (std::filesystem::is_directory(path, ignored)) return std::make_unique<BytePairTokenizer>(read_gpt2(path));
  const std::string name = in_quotes(path.native());
  if (path.extension() != ".safetensors") return make_tokenizer(read_text_bytes(path), name);
  const auto metadata = read_tensor_file(path).metadata;
  const auto json = metadata.find(tokenizer_key);
  if (json == metadata.end())
    throw InputError(
        fmt::format("{}: its metadata has no '{}'; use the file of a language model", name, tokenizer_key));
  return make_tokenizer(json->second, fmt::format("{}, metadata '{}'", name, tokenizer_key));
}

}  // namespace vitrine
