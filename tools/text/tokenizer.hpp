#pragma once
// Text as numbers and back. A tokenizer cuts text into tokens, pieces of one or more bytes, and gives each an id from
// 0. Three kinds: characters.hpp (a token is a character that the training text had), byte_pairs.hpp (tokens grow out
// of the 256 bytes by merging; GPT-2's is one of them) and pieces.hpp (the same by scores, as Llama's).
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine {

/// Immutable once made, so that threads may share one.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// "characters", "bytes" or "pieces".
  virtual std::string_view kind() const = 0;
  /// How many tokens there are; ids are below it.
  virtual std::size_t size() const = 0;

  /// The ids of a text, i32[time]. Throws InputError, with the offset, where the kind of tokenizer cannot say a byte or
  /// character (byte pairs and pieces can say all); `name` is the text's in that sentence.
  virtual std::vector<std::int32_t> encode(std::string_view text, std::string_view name = "text") const = 0;

  /// The bytes of one token. Throws UsageError for a number that is no id.
  virtual std::string token(std::int32_t id) const = 0;
  /// The tokens' bytes one after the other: decode(encode(text)) == text. Throws UsageError for a number that is no id.
  virtual std::string decode(std::span<const std::int32_t> ids) const;

  /// The token that stands between texts, where there is one: encode begins with it, and a model that makes it has come
  /// to an end.
  virtual std::optional<std::int32_t> border() const { return std::nullopt; }

  /// All of it as one JSON text in ASCII: a file, or a value in a safetensors file's metadata.
  virtual std::string to_json() const = 0;
};

/// What to_json wrote. The text may be hostile: throws InputError (`source`, place, what was wrong) unless it is one
/// tokenizer, whole and without contradiction.
std::unique_ptr<Tokenizer> make_tokenizer(std::string_view json, std::string_view source);

/// Writes to_json() whole or not at all. Throws InputError when it cannot be written.
void save_tokenizer(const std::filesystem::path& path, const Tokenizer&);

/// Where a language model's safetensors file has it, in the metadata.
inline constexpr const char* tokenizer_key = "tokenizer";

/// Reads a file of save_tokenizer, a language model's (*.safetensors), or GPT-2's from a folder with encoder.json and
/// vocab.bpe (gpt2_files.hpp). Throws InputError for anything else.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace vitrine
