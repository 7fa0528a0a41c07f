#include "compiler/score_function.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/transpose.hpp"

namespace vitrine {

namespace {

constexpr std::size_t most_nodes = 32, most_looked_at = 128, most_pairs = std::size_t{1} << 22;

/// The last two axes.
Shape matrix(const Shape& shape) {
  Shape made;
  for (int i = std::max(0, shape.rank() - 2); i < shape.rank(); ++i) made << shape[i].size;
  return made;
}

std::string pair_text(std::size_t i, std::size_t j) {
  return "query " + std::to_string(i) + " and key " + std::to_string(j);
}
std::string number_text(double x) { return fmt::format("{:g}", x); }

/// Numbers without a pattern, every third a thousand times as large.
std::vector<double> any_numbers(std::size_t n) {
  std::vector<double> made(n);
  for (std::size_t i = 0; i < n; ++i) made[i] = std::sin(static_cast<double>(i * 7919 + 1)) * (i % 3 == 1 ? 1e3 : 1);
  return made;
}

const char* name_of(Looks looks) {
  return looks.causal   ? looks.window ? "causal attention within a window" : "causal attention"
         : looks.window ? "attention within a window"
                        : "attention to every key";
}

bool differs_between_heads(const ClosedValue& v) {
  const std::size_t one = matrix(v.type.shape).elements() * stored_size<double>(v.type.dtype);
  for (std::size_t at = one; at < v.bytes.size(); at += one)
    if (!std::equal(v.bytes.begin(), v.bytes.begin() + static_cast<std::ptrdiff_t>(one),
                    v.bytes.begin() + static_cast<std::ptrdiff_t>(at)))
      return true;
  return false;
}

}  // namespace

ScoreFunction::ScoreFunction(Value scores) : scores_(scores) {
  const Shape& shape = scores.type().shape;
  if (shape.rank() < 2) return;
  time_ = shape[-2].size, keys_ = shape[-1].size;
  if (time_ * keys_ == 0 || time_ * keys_ > most_pairs) return;
  if (!take(scores) || !product_) {
    product_ = {};
    return;
  }
  if (!other_.empty()) return;
  tell_scale();
  if (differs_.empty()) tell_looks();
}

bool ScoreFunction::is_allowed(Value v) const {
  if (v.op()->info->elementwise() || as<Transpose>(v)) return true;
  // Batch and heads may be put together; rows and columns stay.
  return (as<Reshape>(v) || as<Rename>(v)) && matrix(v.type().shape) == matrix(v.operands()[0].type().shape);
}

bool ScoreFunction::take(Value v) {
  if (open_.contains(v.id) || closed_.contains(v)) return true;
  if (as<Matmul>(v)) {
    if (product_) {
      other_ = "%" + std::to_string(v.id) + ", a second product, has a part in its scores";
      return true;
    }
    product_ = v;
    open_.insert(v.id);
    nodes_.push_back(v);
    return true;
  }
  if (++looked_at_nodes_ > most_looked_at) return false;
  for (Value operand : v.operands())
    if (nodes_.size() > most_nodes || !take(operand)) return false;
  if (closed_.add(v)) return true;
  if (!v.op()) {
    other_ =
        "'" + v.node().name + "' has a part in its scores beside queries and keys, and attention no operand for it";
    open_.insert(v.id);
    return true;
  }
  const bool depends = std::ranges::any_of(v.operands(), [&](Value o) { return open_.contains(o.id); });
  if (!depends || !is_allowed(v)) return false;
  for (Value operand : v.operands())
    if (closed_.contains(operand) && differs_between_heads(closed_.at(operand)))
      other_ = "%" + std::to_string(operand.id) + " differs from head to head or from text to text";
  open_.insert(v.id);
  nodes_.push_back(v);
  return nodes_.size() <= most_nodes;
}

/// The scores [time, key] of one head.
std::vector<double> ScoreFunction::at(const std::vector<double>& product) const {
  std::map<std::uint32_t, ClosedValue> made;
  for (Value v : nodes_) {
    const Type type{v.type().dtype, matrix(v.type().shape)};
    if (v == product_) {
      ClosedValue x = ClosedValue::of(type);
      std::ranges::copy(product, x.buffer().reals());
      made.emplace(v.id, std::move(x));
      continue;
    }
    if (as<Reshape>(v) || as<Rename>(v)) {
      made.emplace(v.id, made.at(v.operands()[0].id));
      continue;
    }
    std::vector<ClosedValue> beside;
    beside.reserve(v.operands().size());
    std::vector<const ClosedValue*> in;
    for (Value operand : v.operands()) {
      const Type one{operand.type().dtype, matrix(operand.type().shape)};
      if (open_.contains(operand.id))
        in.push_back(&made.at(operand.id));
      else if (operand.type().shape.rank() <= 2)
        in.push_back(&closed_.at(operand));
      else
        in.push_back(&beside.emplace_back(ClosedValue{one, closed_.at(operand).bytes}));
    }
    made.emplace(v.id, applied(*v.op(), type, in));
  }
  const ClosedValue& last = made.at(scores_.id);
  return {last.buffer().reals(), last.buffer().reals() + last.size()};
}

void ScoreFunction::tell_scale() {
  const std::size_t n = time_ * keys_;
  const Shape product = matrix(product_.type().shape);
  const std::vector<double> nothing = at(std::vector<double>(n, 0));
  looked_at_.assign(n, false);
  for (std::size_t i = 0; i < n; ++i) {
    looked_at_[i] = nothing[i] == 0;
    if (looked_at_[i] || nothing[i] == -std::numeric_limits<double>::infinity()) continue;
    differs_ = "where their product is 0 the score of " + pair_text(i / keys_, i % keys_) + " is " +
               number_text(nothing[i]) + ", neither 0 nor -inf" +
               (nothing[i] < 0 ? ": it nearly masks, but not where all scores are as low" : "");
    return;
  }
  const std::vector<double> given = any_numbers(n), made = at(given);
  const auto given_at = [&](std::size_t i, bool is_turned) {
    return given[is_turned ? i % keys_ * product[-1].size + i / keys_ : i];
  };
  const auto first = static_cast<std::size_t>(std::ranges::find(looked_at_, 1) - looked_at_.begin());
  if (first == n) {
    differs_ = "no query looks at any key";
    return;
  }
  const auto scale_of = [&](bool is_turned) { return made[first] / given_at(first, is_turned); };
  const auto differs_at = [&](std::size_t i, bool is_turned) {
    if (!looked_at_[i]) return made[i] != -std::numeric_limits<double>::infinity();
    return !(std::abs(made[i] - scale_of(is_turned) * given_at(i, is_turned)) <= 1e-9 * std::abs(made[i]));
  };
  const auto first_other = [&](bool is_turned) {
    std::size_t i = 0;
    while (i < n && !differs_at(i, is_turned)) ++i;
    return i;
  };
  // Rows of the product or columns: if there are as many, the scores tell.
  is_turned_ = time_ == keys_ ? first_other(false) < n && first_other(true) == n : product[-2].size != time_;
  scale_ = scale_of(is_turned_);
  if (const std::size_t i = first_other(is_turned_); i < n)
    differs_ = "the score of " + pair_text(i / keys_, i % keys_) + " is not its product times " + number_text(scale_) +
               ", as that of others is";
}

void ScoreFunction::tell_looks() {
  const auto count_in = [&](std::size_t row) {
    const auto begin = looked_at_.begin() + static_cast<std::ptrdiff_t>(row * keys_);
    return static_cast<std::int64_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(keys_), true));
  };
  std::vector<Looks> candidates{everywhere};
  if (time_ == keys_) candidates.push_back(causal);
  if (time_ == keys_ && count_in(time_ - 1) > 0) candidates.push_back(causal.within(count_in(time_ - 1)));
  if (count_in(0) > 0) candidates.push_back(everywhere.within(count_in(0)));
  std::size_t fewest = looked_at_.size() + 1;
  for (const Looks candidate : candidates) {
    std::size_t wrong = 0;
    std::string first, none;
    for (std::size_t i = 0; i < time_ && wrong < fewest; ++i) {
      const auto [begin, end] = candidate.of(i, keys_);
      if (begin == end && none.empty())
        none = "query " + std::to_string(i) + " looks at no key, of which softmax makes NaN and attention 0";
      for (std::size_t j = 0; j < keys_; ++j) {
        const bool looks = j >= begin && j < end;
        if (looks == looked_at_[i * keys_ + j]) continue;
        if (wrong++ == 0)
          first = "query " + std::to_string(i) + (looks ? " does not look at key " : " looks at key ") +
                  std::to_string(j) + ", and in " + name_of(candidate) + (looks ? " it does" : " it does not");
      }
    }
    if (wrong == 0 && none.empty()) {
      looks_ = candidate;
      return;
    }
    if (wrong < fewest) fewest = wrong, mismatch_ = wrong == 0 ? none : first;
  }
}

}  // namespace vitrine
