#pragma once
// The words of a .vit text, with where they stand.
#include <cstdint>
#include <string>
#include <string_view>

namespace vitrine {

/// Reads one text from front to back. What it expects and does not find, it says with line and column.
class Tokens {
 public:
  Tokens(std::string_view text, std::string_view source) : text_(text), source_(source) {}

  /// Throws InputError: "<source>:<line>:<column>: expected <what>, found <what stands there>".
  [[noreturn]] void expected(std::string_view what) const;
  /// The same with a sentence of its own.
  [[noreturn]] void complain(std::string_view sentence) const;
  /// The same about what stands at a place passed before.
  [[noreturn]] void complain_at(std::size_t position, std::string_view sentence);

  bool at_end();
  /// Takes this word or sign if it is next.
  bool take(std::string_view);
  void demand(std::string_view);
  /// A name: letters, digits, '_', '.', ':' after a letter or '_'; or anything in quotes.
  std::string name(std::string_view what);
  std::uint32_t id(std::string_view what);
  /// Text up to one of these characters outside of quotes and brackets, without the space around it.
  std::string_view until(std::string_view stops);
  /// The next character, 0 at the end.
  char peek();
  /// Where the next word begins, to complain about later.
  std::size_t position();

 private:
  void skip();
  std::string_view text_, source_;
  std::size_t at_ = 0;
};

}  // namespace vitrine
