#pragma once
// Bounded proofs of rewrite rules: a graph on which the rule fires, for all small shapes, with every combination of the
// floats on which identities break. "Small shapes carry most bugs" is the small scope hypothesis (Jackson, "Software
// Abstractions", 2006); elementwise rules are proved for every shape by it only as far as one element knows nothing of
// the next.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/op_table.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/reference.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

/// The floats that break careless identities, beside some that do not.
inline constexpr std::array special{0.f,
                                    -0.f,
                                    1.f,
                                    -1.f,
                                    0.5f,
                                    -0.5f,
                                    2.f,
                                    std::numeric_limits<float>::infinity(),
                                    -std::numeric_limits<float>::infinity(),
                                    std::numeric_limits<float>::quiet_NaN(),
                                    std::numeric_limits<float>::denorm_min(),
                                    -std::numeric_limits<float>::denorm_min(),
                                    std::numeric_limits<float>::min(),
                                    -std::numeric_limits<float>::min(),
                                    std::numeric_limits<float>::max(),
                                    -std::numeric_limits<float>::max(),
                                    1.f + std::numeric_limits<float>::epsilon()};

/// Every shape of these ranks with each axis 0, 1, 2 or 3 long.
inline std::vector<Shape> small_shapes(int from = 0, int to = 3) {
  std::vector<Shape> all, longest{Shape{}};
  for (int rank = 0; rank <= to; ++rank) {
    if (rank >= from) all.insert(all.end(), longest.begin(), longest.end());
    std::vector<Shape> longer;
    for (Shape s : longest)
      for (int size = 0; size <= 3; ++size) longer.push_back(Shape(s) << size);
    longest = longer;
  }
  return all;
}
/// Every order of so many axes.
inline std::vector<Positions> every_order(int rank) {
  std::vector<Positions> all;
  std::array<int, Shape::max_rank> at{0, 1, 2, 3, 4, 5};
  do {
    Positions made;
    for (int i = 0; i < rank; ++i) made << at[static_cast<std::size_t>(i)];
    all.push_back(made);
  } while (std::next_permutation(at.begin(), at.begin() + rank));
  return all;
}
inline std::string text_of(const Shape& s) { return (Sentence{} << s).str(); }

/// A graph with these inputs and, as outputs, what `build(inputs)` makes of them.
template <class Build> Graph graph_of(const std::vector<Type>& leaves, Build&& build) {
  Graph graph("proof");
  std::vector<Value> inputs;
  for (const Type& type : leaves) inputs.push_back(graph.input("x" + std::to_string(inputs.size()), type));
  std::vector<Value> results = build(graph, std::span<const Value>(inputs));
  for (std::size_t i = 0; i < results.size(); ++i) graph.output("y" + std::to_string(i), results[i]);
  return graph;
}

/// Values for a graph's inputs and states, turn for turn. Over all turns each element of each leaf meets every special
/// value beside every one of each other leaf; where that would be more than `most` turns, as many of them, spread out.
class Fillings {
 public:
  Fillings(const Graph& graph, std::size_t most) {
    for (Value v : graph.topological())
      if (!v.op() && v.node().leaf != Leaf::constant) leaves_.push_back(v);
    for (Value v : leaves_) all_ *= kinds(v.type().dtype);
    turns_ = std::min(all_, most);
  }
  std::size_t turns() const { return turns_; }
  Values<float> at(std::size_t turn) const {
    // A step that shares no factor with the bases goes through all of them, in an order that changes every digit.
    constexpr std::size_t step = 7919;
    std::size_t number = turns_ == all_ ? turn : turn * step % all_;
    Values<float> made;
    for (Value v : leaves_) {
      const std::size_t base = kinds(v.type().dtype);
      made[v.id] = filled(v.type(), number % base);
      number /= base;
    }
    return made;
  }

 private:
  static constexpr std::array integer{0, 1};  // indices of any axis that is not shorter
  static constexpr std::array<std::uint16_t, 5> scale{0x3f80, 0xbf00, 0x0000, 0x4048, 0x3ec0};  // bf16: 1, -0.5, ...
  static std::size_t kinds(DType d) { return d == DType::f32 ? special.size() : d == DType::bf16 ? scale.size() : 2; }

  static std::vector<std::byte> filled(const Type& type, std::size_t begin) {
    std::vector<std::byte> bytes(type.bytes());
    for (std::size_t i = 0; i < type.shape.elements(); ++i) {
      const std::size_t pick = (begin + i) % kinds(type.dtype);
      if (type.dtype == DType::f32)
        std::memcpy(&bytes[i * 4], &special[pick], 4);
      else if (type.dtype == DType::i32)
        std::memcpy(&bytes[i * 4], &integer[pick], 4);
      else if (type.dtype == DType::bf16)
        std::memcpy(&bytes[i * 2], &scale[pick], 2);
      else if (type.dtype == DType::u8 || type.dtype == DType::i8)
        bytes[i] = static_cast<std::byte>((begin * 131 + i * 77) % 256);
      else
        bytes[i] = static_cast<std::byte>(pick);
    }
    return bytes;
  }

  std::vector<Value> leaves_{};
  std::size_t all_ = 1, turns_ = 0;
};

/// The outputs' and updates' bytes, every NaN as one: which of two operands' payloads an op keeps is the processor's
/// affair.
inline std::vector<std::vector<std::byte>> results_of(const Graph& graph, const Values<float>& leaves) {
  const Values<float> values = evaluate<float>(graph, leaves);
  std::vector<std::vector<std::byte>> made;
  const auto take = [&](Value v) {
    std::vector<std::byte> bytes = values.at(v.id);
    for (std::size_t i = 0; v.type().dtype == DType::f32 && i < v.type().shape.elements(); ++i) {
      float x = 0;
      std::memcpy(&x, &bytes[i * 4], 4);
      if (std::isnan(x)) x = std::numeric_limits<float>::quiet_NaN();
      std::memcpy(&bytes[i * 4], &x, 4);
    }
    made.push_back(std::move(bytes));
  };
  for (const auto& [name, v] : graph.outputs()) take(v);
  for (const auto& [state, next] : graph.updates()) take(next);
  return made;
}

inline const Pass& pass_named(std::string_view name) {
  const auto found = std::ranges::find(every_pass, name, &Pass::name);
  if (found == every_pass.end()) throw std::runtime_error("no pass " + std::string(name));
  return *found;
}

/// A rule of a pass, as its record has it, while it is proved.
class Rule {
 public:
  Rule(std::string_view pass, std::string_view text) : pass_(pass_named(pass)), text_(text) {}

  /// Graphs that were looked at.
  std::size_t graphs() const { return graphs_; }

  /// Runs the pass alone. This very rule must fire. Hands out the graph that it made.
  Graph fired(const Graph& before) {
    ++graphs_;
    Graph after(before);
    const Record record = optimize(after, std::array{pass_});
    if (std::ranges::none_of(record.rewrites, [&](const Rewrite& r) { return r.rule == text_; }))
      FAIL("'" << text_ << "' does not fire on\n" << print(before));
    return after;
  }
  /// ... and before and after must be the same numbers but for rounding: a share of each output's largest. Where one is
  /// NaN the other is; but where a number is so large that products of it leave f32's range, before or after may.
  void holds_but_for_rounding(const Graph& before, double share, std::size_t most = 600) {
    const Graph after = fired(before);
    const Fillings fillings(before, most);
    for (std::size_t turn = 0; turn < fillings.turns(); ++turn) {
      const auto old = results_of(before, fillings.at(turn)), now = results_of(after, fillings.at(turn));
      REQUIRE(old.size() == now.size());
      const bool huge = std::ranges::any_of(fillings.at(turn), [&](const auto& leaf) {
        return before.find(leaf.first).type().dtype == DType::f32 && holds_huge(leaf.second);
      });
      for (std::size_t k = 0; k < old.size(); ++k)
        if (!near(old[k], now[k], share, huge))
          FAIL("'" << text_ << "' changes numbers in turn " << turn << ":\n"
                   << print(before) << "=>\n"
                   << print(after));
    }
  }
  /// ... and before and after must be the same bits, for up to `most` fillings.
  void holds(const Graph& before, std::size_t most = 600) { same_bits(before, fired(before), most); }

  /// Whatever rules of the pass fire, before and after must be the same bits.
  void same_bits_by_any_rule(const Graph& before, std::size_t most = 17) {
    Graph after(before);
    optimize(after, std::array{pass_});
    same_bits(before, after, most);
  }

  /// The pass must leave the graph as it is.
  void stays(const Graph& before) {
    ++graphs_;
    Graph after(before);
    optimize(after, std::array{pass_});
    if (print(after) != print(before)) FAIL(print(before) << "becomes\n" << print(after));
  }

  /// The pass must refuse the rule here, and rightly: what the rule would make (`wrong`, with the same leaves) differs
  /// for some filling.
  void refused(const Graph& before, const Graph& wrong) {
    stays(before);
    Graph after(before);
    const Record record = optimize(after, std::array{pass_});
    if (std::ranges::none_of(record.refusals, [&](const Refusal& r) { return r.rule == text_; }))
      FAIL("'" << text_ << "' is not refused on\n" << print(before));
    const Fillings fillings(before, 600);
    for (std::size_t turn = 0; turn < fillings.turns(); ++turn) {
      const Values<float> leaves = fillings.at(turn);
      if (results_of(before, leaves) != results_of(wrong, leaves)) return;
    }
    FAIL("'" << text_ << "' is refused, but no special value shows why:\n" << print(before));
  }

  void same_bits(const Graph& before, const Graph& after, std::size_t most) const {
    const Fillings fillings(before, most);
    for (std::size_t turn = 0; turn < fillings.turns(); ++turn) {
      const Values<float> leaves = fillings.at(turn);
      if (results_of(before, leaves) != results_of(after, leaves))
        FAIL("'" << text_ << "' changes bits in turn " << turn << ":\n" << print(before) << "=>\n" << print(after));
    }
  }

 private:
  static std::vector<float> floats(const std::vector<std::byte>& bytes) {
    std::vector<float> made(bytes.size() / sizeof(float));
    if (!made.empty()) std::memcpy(made.data(), bytes.data(), bytes.size());
    return made;
  }
  static bool holds_huge(const std::vector<std::byte>& bytes) {
    return std::ranges::any_of(floats(bytes), [](float x) { return std::isfinite(x) && std::abs(x) > 1e30f; });
  }
  static bool near(const std::vector<std::byte>& old, const std::vector<std::byte>& now, double share, bool huge) {
    const std::vector<float> a = floats(old), b = floats(now);
    double largest = 0;
    for (const float x : a)
      if (std::isfinite(x)) largest = std::max(largest, static_cast<double>(std::abs(x)));
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (std::isnan(a[i]) && std::isnan(b[i])) continue;
      if (a[i] == b[i] || (huge && (!std::isfinite(a[i]) || !std::isfinite(b[i])))) continue;
      if (!(std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) <= share * largest)) return false;
    }
    return a.size() == b.size();
  }

  Pass pass_;
  std::string text_;
  std::size_t graphs_ = 0;
};

/// One line of a table of proofs: every rule that a pass records or refuses has one.
struct Proof {
  std::string_view pass, rule;
  void (*prove)(Rule&);
};

inline void prove(std::span<const Proof> proofs) {
  for (const Proof& proof : proofs) {
    INFO(proof.pass << ": " << proof.rule);
    Rule rule(proof.pass, proof.rule);
    proof.prove(rule);
    CHECK(rule.graphs() > 0);
  }
}

std::span<const Proof> algebra_proofs();
std::span<const Proof> layout_proofs();
std::span<const Proof> graph_proofs();
std::span<const Proof> pooling_proofs();
std::span<const Proof> batch_norm_proofs();
std::span<const Proof> row_proofs();
std::span<const Proof> product_proofs();
std::span<const Proof> few_bits_proofs();
std::span<const Proof> repeating_proofs();
std::span<const Proof> recognition_proofs();

}  // namespace vitrine
