#include "compiler/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
bool letter(char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)); }
bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }

/// Something from a file, safe to print: no control characters, not long.
std::string shown(std::string_view s) {
  std::string made;
  for (char c : s.substr(0, 24)) made += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
  return s.size() > 24 ? made + "..." : made;
}
}  // namespace

void Tokens::complain(std::string_view sentence) const {
  const std::string_view before = text_.substr(0, at_);
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t start = before.rfind('\n');
  throw InputError(
      fmt::format("{}:{}:{}: {}", source_, line, at_ - (start == before.npos ? 0 : start + 1) + 1, sentence));
}

void Tokens::complain_at(std::size_t position, std::string_view sentence) {
  at_ = position;
  complain(sentence);
}

void Tokens::expected(std::string_view what) const {
  if (at_ >= text_.size()) complain(fmt::format("expected {}, found the end of the text", what));
  std::size_t end = at_ + 1;
  while (end < text_.size() && !std::isspace(static_cast<unsigned char>(text_[end])) &&
         (letter(text_[at_]) || digit(text_[at_])) && (letter(text_[end]) || digit(text_[end]) || text_[end] == '.'))
    ++end;
  complain(fmt::format("expected {}, found '{}'", what, shown(text_.substr(at_, end - at_))));
}

void Tokens::skip() {
  while (at_ < text_.size()) {
    if (std::isspace(static_cast<unsigned char>(text_[at_])))
      ++at_;
    else if (text_.substr(at_, 2) == "//")
      at_ = std::min(text_.find('\n', at_), text_.size());
    else
      return;
  }
}

bool Tokens::at_end() {
  skip();
  return at_ == text_.size();
}
char Tokens::peek() { return at_end() ? '\0' : text_[at_]; }
std::size_t Tokens::position() {
  skip();
  return at_;
}

bool Tokens::take(std::string_view word) {
  skip();
  if (!text_.substr(at_).starts_with(word)) return false;
  const std::size_t end = at_ + word.size();
  if (letter(word.front()) && end < text_.size() && (letter(text_[end]) || digit(text_[end]) || text_[end] == '.'))
    return false;
  at_ = end;
  return true;
}
void Tokens::demand(std::string_view word) {
  if (!take(word)) expected(fmt::format("'{}'", word));
}

std::string Tokens::name(std::string_view what) {
  skip();
  if (at_ < text_.size() && text_[at_] == '"') {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size() || text_[end] != '"') complain("the quotes are not closed on this line");
    std::string made;
    parse_attribute(text_.substr(at_, end + 1 - at_), made);
    at_ = end + 1;
    return made;
  }
  if (at_ >= text_.size() || !letter(text_[at_])) expected(what);
  const std::size_t begin = at_;
  while (at_ < text_.size() && (letter(text_[at_]) || digit(text_[at_]) || text_[at_] == '.' || text_[at_] == ':'))
    ++at_;
  return std::string(text_.substr(begin, at_ - begin));
}

std::uint32_t Tokens::id(std::string_view what) {
  skip();
  std::uint32_t made = 0;
  const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), made);
  if (error == std::errc::invalid_argument) expected(what);
  // Ids index memory: a text of a few bytes must not ask for gigabytes.
  if (error != std::errc{} || made >= (1u << 20)) complain(fmt::format("{} must be below 1048576", what));
  at_ = static_cast<std::size_t>(end - text_.data());
  return made;
}

std::string_view Tokens::until(std::string_view stops) {
  skip();
  const std::size_t begin = at_;
  int brackets = 0;
  bool quoted = false;
  for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
    const char c = text_[at_];
    if (quoted && c == '\\')
      ++at_;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && brackets == 0 && stops.find(c) != stops.npos)
      break;
    else if (!quoted && (c == '[' || c == '('))
      ++brackets;
    else if (!quoted && (c == ']' || c == ')'))
      --brackets;
  }
  at_ = std::min(at_, text_.size());
  std::size_t end = at_;
  while (end > begin && std::isspace(static_cast<unsigned char>(text_[end - 1]))) --end;
  return text_.substr(begin, end - begin);
}

}  // namespace vitrine
