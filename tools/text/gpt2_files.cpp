#include "tools/text/gpt2_files.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "runtime/in_quotes.hpp"
#include "tools/data/text_data.hpp"
#include "tools/text/byte_spelling.hpp"
#include "tools/text/strict_json.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

using Ids = std::unordered_map<std::string, std::int32_t>;  // of spelled tokens

/// The spelled tokens by id: every id from 0 on has one.
std::vector<std::string> read_vocabulary(std::string_view text, std::string_view name) {
  const nlohmann::json json = parse_strictly(text, name);
  if (!json.is_object())
    throw InputError(fmt::format("{}: it is not one object of tokens and their ids; use another copy", name));
  std::vector<const std::string*> by_id(json.size());
  for (const auto& [token, id] : json.items()) {
    const bool is_number = id.is_number_unsigned();
    // Of n tokens whose ids differ and are below n, no id is left out.
    if (!is_number || id.get<std::uint64_t>() >= by_id.size())
      throw InputError(
          fmt::format("{}: the id of {} is {}, but {} tokens have the ids 0 to {} and leave none out; use "
                      "another copy",
                      name, in_quotes(token), is_number ? id.dump() : std::string("no such number"), by_id.size(),
                      by_id.size() - 1));
    const std::string*& place = by_id[id.get<std::size_t>()];
    if (place)
      throw InputError(fmt::format("{}: the id {} belongs to two tokens, {} and {}; use another copy", name, id.dump(),
                                   in_quotes(*place), in_quotes(token)));
    place = &token;
  }
  std::vector<std::string> tokens;
  for (const std::string* token : by_id) tokens.push_back(*token);
  return tokens;
}

std::vector<std::string> bytes_of(const std::vector<std::string>& spelled, std::string_view name) {
  std::vector<std::string> tokens;
  for (const std::string& token : spelled) {
    const auto bytes = spelled_bytes(token);
    if (!bytes)
      throw InputError(fmt::format("{}: the token {} has a character that stands for no byte; use another copy", name,
                                   in_quotes(token)));
    tokens.push_back(*bytes);
  }
  return tokens;
}

std::int32_t id_of(std::string_view token, const Ids& ids, std::string_view place) {
  const auto found = ids.find(std::string(token));
  if (found != ids.end()) return found->second;
  throw InputError(
      fmt::format("{}: {} is no token of the vocabulary; use files that belong together", place, in_quotes(token)));
}

/// Two tokens a line, with one space between.
std::vector<Merge> read_merges(std::string_view text, std::size_t line, const Ids& ids, std::string_view name) {
  std::vector<Merge> merges;
  for (std::size_t at = 0; at < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view both = text.substr(at, end - at);
    const std::string place = fmt::format("{}: line {}", name, line);
    const std::size_t space = both.find(' ');
    if (space == both.npos || both.find(' ', space + 1) != both.npos)
      throw InputError(
          fmt::format("{}: {} is not two tokens with a space between; use another copy", place, in_quotes(both)));
    merges.push_back({id_of(both.substr(0, space), ids, place), id_of(both.substr(space + 1), ids, place)});
    at = end + 1;
  }
  return merges;
}

}  // namespace

BytePairTokenizer parse_gpt2(std::string_view vocabulary, std::string_view vocabulary_name, std::string_view merges,
                             std::string_view merges_name) {
  const std::vector<std::string> spelled = read_vocabulary(vocabulary, vocabulary_name);
  Ids ids;
  for (std::size_t id = 0; id < spelled.size(); ++id) ids.emplace(spelled[id], static_cast<std::int32_t>(id));
  std::size_t first_line = 1;
  if (merges.starts_with("#version")) {
    merges.remove_prefix(std::min(merges.find('\n'), merges.size() - 1) + 1);
    first_line = 2;
  }
  std::vector<Merge> read = read_merges(merges, first_line, ids, merges_name);
  const BytePairPlaces places{std::string(vocabulary_name), fmt::format("{}: line", merges_name), first_line};
  return {bytes_of(spelled, vocabulary_name), std::move(read), Split::gpt2, places};
}

BytePairTokenizer read_gpt2(const std::filesystem::path& folder) {
  const auto vocabulary = folder / gpt2_vocabulary_file, merges = folder / gpt2_merges_file;
  for (const auto& path : {vocabulary, merges}) {
    std::error_code ignored;  // a folder that cannot be searched has no such file either
    if (!std::filesystem::exists(path, ignored))
      throw InputError(fmt::format("no {} in the folder {}; 'tools/fetch gpt2 FOLDER' gets GPT-2's two files",
                                   path.filename().native(), in_quotes(folder.native())));
  }
  return parse_gpt2(read_text_bytes(vocabulary), in_quotes(vocabulary.native()), read_text_bytes(merges),
                    in_quotes(merges.native()));
}

}  // namespace vitrine
