// Attributes as text. A type of attribute is one pair of functions here.
#include "vitrine/attribute.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "vitrine/error.hpp"
#include "vitrine/sentence.hpp"

namespace vitrine {

namespace {

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

[[noreturn]] void expected(std::string_view what, std::string_view found) {
  throw UsageError("expected " + std::string(what) + ", found '" + std::string(found) + "'");
}

template <class T> T whole_number(std::string_view text, std::string_view what) {
  T made{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made);
  if (error != std::errc{} || end != text.data() + text.size()) expected(what, text);
  return made;
}

}  // namespace

std::string print_attribute(Float f) {
  const float value = f;
  if (std::isnan(value)) {
    if (f.bits == Float(std::nanf("")).bits) return "nan";
    char hex[9]{};
    std::to_chars(hex, hex + 8, f.bits, 16);
    return "nan(" + std::string(hex) + ")";
  }
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char digits[32];
  std::string text(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}
std::string print_attribute(bool b) { return b ? "true" : "false"; }
std::string print_attribute(std::int64_t n) { return std::to_string(n); }
std::string print_attribute(DType d) { return std::string(name_of(d)); }
std::string print_attribute(Extent e) { return std::to_string(e.rows) + "x" + std::to_string(e.columns); }
std::string print_attribute(const Positions& p) {
  Shape positions;  // printed as a shape without names is
  for (int i = 0; i < p.size(); ++i) positions << Axis(p[i]);
  return print_attribute(positions);
}
std::string print_attribute(const Axis& a) { return (Sentence{} << a).str(); }
std::string print_attribute(const Shape& s) { return (Sentence{} << s).str(); }
std::string print_attribute(const Type& t) { return (Sentence{} << t).str(); }
std::string print_attribute(const std::string& s) {
  std::string quoted = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  return quoted + '"';
}

void parse_attribute(std::string_view text, Float& f) {
  text = trimmed(text);
  if (text.starts_with("nan(") && text.ends_with(")")) {
    std::uint32_t bits{};
    const std::string_view hex = text.substr(4, text.size() - 5);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), bits, 16);
    if (error != std::errc{} || end != hex.data() + hex.size() || !std::isnan(std::bit_cast<float>(bits)))
      expected("the bits of a NaN", text);
    f.bits = bits;
    return;
  }
  f = whole_number<float>(text, "a number");
}
void parse_attribute(std::string_view text, bool& b) {
  text = trimmed(text);
  if (text != "true" && text != "false") expected("true or false", text);
  b = text == "true";
}
void parse_attribute(std::string_view text, std::int64_t& n) {
  n = whole_number<std::int64_t>(trimmed(text), "a whole number");
}
void parse_attribute(std::string_view text, DType& d) {
  text = trimmed(text);
  for (DType each : every_dtype)
    if (name_of(each) == text) return void(d = each);
  expected("a type of element (f32, bf16, i32, i8, u8, bool)", text);
}
void parse_attribute(std::string_view text, Extent& e) {
  text = trimmed(text);
  const std::size_t cross = text.find('x');
  if (cross == text.npos) expected("rows by columns, as in '3x3'", text);
  e.rows = whole_number<std::int64_t>(text.substr(0, cross), "a number of rows");
  e.columns = whole_number<std::int64_t>(text.substr(cross + 1), "a number of columns");
}
void parse_attribute(std::string_view text, Axis& a) {
  text = trimmed(text);
  const std::size_t space = text.find_last_of(' ');
  const std::string_view name = space == text.npos ? "" : trimmed(text.substr(0, space));
  if (name.size() > Axis::longest_name) expected("an axis name of at most 15 characters", name);
  const bool plain = std::ranges::all_of(name, [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (!plain || (!name.empty() && name[0] >= '0' && name[0] <= '9'))
    expected("an axis name of letters, digits and _", name);
  a = Axis(whole_number<std::uint32_t>(space == text.npos ? text : text.substr(space + 1),
                                       "an axis, as in 'time 128' or '128'"));
  std::ranges::copy(name, a.name);
}
void parse_attribute(std::string_view text, Shape& s) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') expected("a shape, as in '[batch 64, 10]'", text);
  s = {};
  std::size_t elements = 1;
  std::string_view rest = trimmed(text.substr(1, text.size() - 2));
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    Axis a;
    parse_attribute(rest.substr(0, comma), a);
    if (s.rank() == static_cast<int>(Shape::max_rank)) expected("at most 6 axes", text);
    if (__builtin_mul_overflow(elements, a.size, &elements) || elements > (std::size_t{1} << 40))
      expected("at most 2^40 elements", text);
    s << a;
    if (comma == rest.npos) return;
    rest = rest.substr(comma + 1);
    if (trimmed(rest).empty()) expected("an axis after the comma", text);
  }
}
void parse_attribute(std::string_view text, Positions& p) {
  Shape positions;
  parse_attribute(text, positions);
  p = {};
  for (const Axis& a : positions) {
    if (a.named() || a.size >= Shape::max_rank) expected("positions of axes below 6, as in '[0, 2, 3, 1]'", text);
    p << static_cast<int>(a.size);
  }
}
void parse_attribute(std::string_view text, Type& t) {
  text = trimmed(text);
  const std::size_t bracket = text.find('[');
  if (bracket == text.npos) expected("a type, as in 'f32[batch 64, 10]'", text);
  parse_attribute(text.substr(0, bracket), t.dtype);
  parse_attribute(text.substr(bracket), t.shape);
}
void parse_attribute(std::string_view text, std::string& s) {
  text = trimmed(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') expected("text in quotes", text);
  s.clear();
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) {
      ++i;
      s += text[i] == 'n' ? '\n' : text[i];
    } else {
      s += text[i];
    }
  }
}

}  // namespace vitrine
