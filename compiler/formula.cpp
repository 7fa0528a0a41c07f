// Reads a formula: sums of products of calls, brackets, operands (x y z u v w, then x6, x7, ...) and numbers.
#include "vitrine/formula.hpp"

#include <algorithm>
#include <cctype>

#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::array<std::pair<std::string_view, Scalar>, 16> calls{{
    {"pow", Scalar::power},
    {"neg", Scalar::negate},
    {"abs", Scalar::absolute},
    {"sqrt", Scalar::square_root},
    {"exp", Scalar::exponential},
    {"log", Scalar::logarithm},
    {"softplus", Scalar::softplus},
    {"tanh", Scalar::tanh},
    {"erf", Scalar::erf},
    {"sin", Scalar::sine},
    {"cos", Scalar::cosine},
    {"maximum", Scalar::maximum},
    {"minimum", Scalar::minimum},
    {"greater", Scalar::greater},
    {"equal", Scalar::equal},
    {"select", Scalar::select},
}};

class FormulaReader {
 public:
  explicit FormulaReader(std::string_view text) : text_(text) {}

  Symbol whole() {
    const Symbol s = sum();
    skip();
    if (at_ != text_.size()) expected("the end of the formula");
    return s;
  }

 private:
  // A formula becomes a tree that is walked by recursion: a longer text would exhaust the stack.
  static constexpr int deepest = 200, most_terms = 4096;

  [[noreturn]] void expected(std::string_view what) const {
    const std::string shown = text_.size() > 60 ? std::string(text_.substr(0, 60)) + "..." : std::string(text_);
    throw UsageError("formula '" + shown + "': expected " + std::string(what) + " at character " +
                     std::to_string(at_ + 1));
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void demand(char c) {
    if (!take(c)) expected("'" + std::string(1, c) + "'");
  }
  Symbol sum() {
    if (++depth_ > deepest) expected("at most 200 brackets within each other");
    Symbol s = product();
    for (;;)
      if (take('+'))
        s = s + product();
      else if (take('-'))
        s = s - product();
      else
        break;
    --depth_;
    return s;
  }
  Symbol product() {
    Symbol s = factor();
    for (;;)
      if (take('*'))
        s = s * factor();
      else if (take('/'))
        s = s / factor();
      else
        return s;
  }
  Symbol factor() {
    if (++terms_ > most_terms) expected("at most 4096 numbers and operands");
    skip();
    if (take('(')) {
      Symbol s = sum();
      demand(')');
      return s;
    }
    const std::size_t begin = at_;
    if (at_ < text_.size() && text_[at_] == '-') ++at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '.' ||
                                  ((text_[at_] == '-' || text_[at_] == '+') && text_[at_ - 1] == 'e' &&
                                   at_ - begin > 1 && is_digit(text_[begin + (text_[begin] == '-')]))))
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) expected("a number, an operand or a function");
    for (const auto& [name, op] : calls)
      if (word == name) return call(op);
    const std::size_t letter = word.size() == 1 ? std::string_view("xyzuvw").find(word[0]) : std::string_view::npos;
    if (letter != std::string_view::npos) return variable(letter);
    if (word.size() > 1 && word[0] == 'x' && std::ranges::all_of(word.substr(1), is_digit)) {
      std::int64_t index = 0;
      parse_attribute(word.substr(1), index);
      if (index >= 6 && index < 1000) return variable(static_cast<std::size_t>(index));
    }
    std::string number(word);
    if (word == "nan" && at_ < text_.size() && text_[at_] == '(') {
      const std::size_t end = text_.find(')', at_);
      if (end == text_.npos) expected("')'");
      number += text_.substr(at_, end + 1 - at_);
      at_ = end + 1;
    }
    Float made = 0.f;
    try {
      parse_attribute(number, made);
    } catch (const UsageError&) {
      at_ = begin;
      expected("a number, an operand or a function");
    }
    return constant(made);
  }
  Symbol call(Scalar op) {
    std::array<Symbol, 3> from{};
    demand('(');
    for (int i = 0; i < arity(op); ++i) {
      if (i) demand(',');
      from[static_cast<std::size_t>(i)] = sum();
    }
    demand(')');
    return std::make_shared<Term>(Term{.op = op, .from = std::move(from)});
  }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0, terms_ = 0;
};

}  // namespace

Symbol parse_formula(std::string_view text) { return FormulaReader(text).whole(); }

std::size_t operands_of(const Symbol& s) {
  if (s->op == Scalar::input) return s->index + 1;
  std::size_t most = 0;
  for (const Symbol& part : s->from)
    if (part) most = std::max(most, operands_of(part));
  return most;
}

}  // namespace vitrine
