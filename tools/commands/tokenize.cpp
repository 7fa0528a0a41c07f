// vitrine tokenize: text as ids and pieces, ids as text, and tokenizers learned, read and written.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/in_quotes.hpp"
#include "tools/commands/commands.hpp"
#include "tools/data/text_data.hpp"
#include "tools/text/byte_pairs.hpp"
#include "tools/text/characters.hpp"
#include "tools/text/dictionary.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

/// In quotes, with bytes that are part of a character only, or of none, as \xNN.
std::string shown(std::string_view piece) {
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t end = end_of_utf8(piece, at);
    if (end > at) {
      const std::string quoted = in_quotes(piece.substr(at, end - at));
      text += quoted.substr(1, quoted.size() - 2);
      at = end;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(piece[at++]));
    }
  }
  return '"' + text + '"';
}

void check(const TokenizeOptions& options) {
  if (options.train.empty() == options.with.empty())
    throw UsageError("tokenize: either --train FILE makes a tokenizer, or --with PATH reads one; give one of the two");
  if (options.text && options.decode)
    throw UsageError("tokenize: TEXT is to become ids, and --decode ids are to become text; give one of the two");
  if (options.train.empty() && !(options.kind.empty() && options.split.empty() && options.vocabulary == 0))
    throw UsageError("tokenize: --kind, --split and --vocabulary say what --train learns; leave them out with --with");
  if (options.kind != "bytes" && !(options.split.empty() && options.vocabulary == 0))
    throw UsageError("tokenize: --split and --vocabulary are for pairs of bytes; add --kind bytes");
  if (!options.train.empty() && options.kind.empty())
    throw UsageError("tokenize: --train needs to know what to learn; add --kind characters or --kind bytes");
}

std::unique_ptr<Tokenizer> learn(const TokenizeOptions& options) {
  const std::string text = read_corpus(options.train), name = in_quotes(options.train);
  std::unique_ptr<Tokenizer> made;
  if (options.kind == "characters") {
    made = std::make_unique<CharacterTokenizer>(text, name);
  } else {
    const Split split = options.split == name_of(Split::none) ? Split::none : Split::gpt2;
    const std::size_t vocabulary = options.vocabulary == 0 ? 1024 : options.vocabulary;
    made = std::make_unique<BytePairTokenizer>(train_byte_pairs(text, vocabulary, split, name));
  }
  const auto ids = static_cast<double>(made->encode(text, name).size());
  fmt::print(stderr, "learned {} tokens ({}) from {} bytes: {:.2f} bytes a token\n", made->size(), made->kind(),
             text.size(), static_cast<double>(text.size()) / ids);
  return made;
}

/// Whole numbers with spaces or commas between.
std::vector<std::int32_t> numbers_of(std::string_view words) {
  std::vector<std::int32_t> ids;
  constexpr std::string_view between = " ,\t\r\n";
  for (std::size_t at = words.find_first_not_of(between); at != words.npos; at = words.find_first_not_of(between, at)) {
    const std::string_view word = words.substr(at, std::min(words.find_first_of(between, at), words.size()) - at);
    std::int32_t id = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), id);
    if (error != std::errc() || stop != word.data() + word.size())
      throw UsageError(fmt::format("tokenize: --decode takes whole numbers, not {}", in_quotes(word)));
    ids.push_back(id);
    at += word.size();
  }
  return ids;
}

void print_ids(const std::vector<std::int32_t>& ids, const std::vector<std::string>& pieces) {
  fmt::print("{}\n", fmt::join(ids, " "));
  for (std::size_t i = 0; i < ids.size(); ++i) fmt::print("{:>8}  {}\n", ids[i], pieces[i]);
}

}  // namespace

int tokenize(const TokenizeOptions& options) {
  check(options);
  const std::unique_ptr<Tokenizer> tokenizer = options.train.empty() ? load_tokenizer(options.with) : learn(options);
  nlohmann::ordered_json json{{"tokenizer", tokenizer->kind()}, {"vocabulary", tokenizer->size()}};
  if (!options.save.empty()) save_tokenizer(options.save, *tokenizer);
  if (options.text) {
    const bool is_piped = *options.text == "-";
    const std::vector<std::int32_t> ids =
        tokenizer->encode(is_piped ? read_text("-") : *options.text, is_piped ? "standard input" : "TEXT");
    std::vector<std::string> pieces;
    for (const std::int32_t id : ids) pieces.push_back(shown(tokenizer->token(id)));
    print_ids(ids, pieces);
    json["ids"] = ids;
    json["pieces"] = pieces;
  } else if (options.decode) {
    const std::string text = tokenizer->decode(numbers_of(*options.decode));
    write_text("-", text);  // the bytes and nothing else, not even a line end
    json["text"] = shown(text);
  } else if (options.save.empty() && options.train.empty()) {
    fmt::print("{} tokens ({})\n", tokenizer->size(), tokenizer->kind());
  }
  if (!options.json.empty()) write_text(options.json, json.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
