#pragma once
// One sentence about shapes: the text of a compile error and, at run time, of the exception. Built in either.
#include <string>

#include "vitrine/type.hpp"

namespace vitrine {

/// What does not fit is cut and marked, so that a message about a message never becomes the error.
struct Sentence {
  static constexpr std::size_t longest = 512;
  char text[longest]{};
  std::size_t length = 0;

  constexpr Sentence& operator<<(std::string_view s) {
    for (char c : s) put(c);
    return *this;
  }
  constexpr Sentence& operator<<(std::integral auto number) {
    std::size_t v = static_cast<std::size_t>(number);
    if constexpr (std::signed_integral<decltype(number)>)
      if (number < 0) put('-'), v = std::size_t{0} - v;
    char digits[20]{};
    std::size_t n = 0;
    do digits[n++] = static_cast<char>('0' + v % 10);
    while (v /= 10);
    while (n) put(digits[--n]);
    return *this;
  }
  constexpr Sentence& operator<<(const Axis& a) {
    if (a.named()) *this << a.label() << " ";
    return *this << a.size;
  }
  constexpr Sentence& operator<<(const Shape& s) {
    *this << "[";
    for (const Axis& a : s) *this << (&a == s.begin() ? "" : ", ") << a;
    return *this << "]";
  }
  constexpr Sentence& operator<<(DType d) { return *this << name_of(d); }
  constexpr Sentence& operator<<(const Type& t) { return *this << t.dtype << t.shape; }

  constexpr const char* data() const { return text; }
  constexpr std::size_t size() const { return length; }
  std::string str() const { return {text, length}; }

 private:
  constexpr void put(char c) {
    if (length + 4 < longest)
      text[length++] = c;
    else if (length + 1 < longest)
      text[length++] = '.';
  }
};

/// What a type rule answers: the result's type, or a sentence that says why there is none.
struct Inferred {
  Type type{};
  Sentence why{};
  constexpr Inferred(Type t) : type(t) {}
  constexpr Inferred(Sentence w) : why(w) {}
  constexpr bool ok() const { return why.length == 0; }
};

constexpr Sentence name_held_twice(std::string_view where, const Shape& s) {
  return Sentence{} << where << ": " << s << " holds one name twice; rename an axis with as<from, to>(x)";
}
constexpr Sentence disagreement(const Type& written, const Type& made) {
  return Sentence{} << "declared " << written << ", but the expression makes " << made;
}

}  // namespace vitrine
