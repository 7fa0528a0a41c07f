#include "compiler/rounding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "compiler/node_rounding.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int draws = 12;

Doubles leaf(Value v, const Values<double>& leaves) {
  const Node& node = v.node();
  Doubles made(node.type);
  if (node.leaf != Leaf::constant) return {node.type, leaves.at(v.id)};
  const Buffer<float> narrow{node.type, const_cast<std::byte*>(node.literal->data())};
  for (std::size_t i = 0; i < node.type.shape.elements(); ++i) store<double>(made.buffer(), i, load<double>(narrow, i));
  return made;
}

/// What two evaluations of one element leave open.
double spread(double exact, double moved) {
  if (std::isnan(exact) && std::isnan(moved)) return 0;
  if (exact == moved) return 0;
  const double apart = std::abs(exact - moved);
  return std::isfinite(apart) ? apart : infinity;
}

/// The graph run again and again.
class Evaluations {
 public:
  Evaluations(const Graph& graph, const Values<double>& leaves) : order_(graph.topological()), leaves_(leaves) {
    for (Value v : order_)
      if (v.op()) nodes_.emplace(v.id, NodeRounding(v));
  }

  void exactly() {
    run(nullptr, [&](Value v, const std::vector<double>& numbers) {
      made_[v.id] = {numbers, std::vector<double>(numbers.size(), 0.0)};
    });
  }
  void moved(int draw) {
    Roll roll(draw);
    run(&roll, [&](Value v, const std::vector<double>& numbers) {
      Rounding& r = made_[v.id];
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        const double own =
            v.op() && std::isfinite(r.exact[i]) && std::isfinite(numbers[i]) ? nodes_.at(v.id).own()[i] : 0;
        r.allowed[i] = std::max(r.allowed[i], 4 * spread(r.exact[i], numbers[i]) + own);
      }
    });
  }
  void allow_everything() {
    for (auto& [id, r] : made_) std::ranges::fill(r.allowed, infinity);
  }
  std::map<std::uint32_t, Rounding> made() && { return std::move(made_); }

 private:
  void run(Roll* roll, const auto& see) {
    std::map<std::uint32_t, Doubles> values;
    for (Value v : order_) {
      std::vector<const Doubles*> in;
      for (Value o : v.operands()) in.push_back(&values.at(o.id));
      const Doubles& made =
          values.emplace(v.id, v.op() ? nodes_.at(v.id).run(in, roll) : leaf(v, leaves_)).first->second;
      see(v, made.numbers());
    }
  }

  std::vector<Value> order_;
  const Values<double>& leaves_;
  std::map<std::uint32_t, NodeRounding> nodes_{};
  std::map<std::uint32_t, Rounding> made_{};
};

}  // namespace

std::map<std::uint32_t, Rounding> roundings(const Graph& graph, const Values<double>& leaves) {
  Evaluations evaluations(graph, leaves);
  evaluations.exactly();
  try {
    for (int draw = 1; draw <= draws; ++draw) evaluations.moved(draw);
  } catch (const InputError&) {  // a number that rounding moved is an index out of range: all may happen
    evaluations.allow_everything();
  } catch (const UsageError&) {
    evaluations.allow_everything();
  }
  return std::move(evaluations).made();
}

Deviation deviation(const Type& type, const Rounding& rounding, std::span<const std::byte> got) {
  Deviation made;
  const Buffer<float> buffer{type, const_cast<std::byte*>(got.data())};
  for (std::size_t i = 0; i < rounding.exact.size(); ++i) {
    const double x = load<double>(buffer, i).value, exact = rounding.exact[i], allowed = rounding.allowed[i];
    if (std::isinf(allowed)) continue;
    const double apart = spread(exact, x);
    const double share = apart == 0 ? 0 : allowed == 0 ? infinity : apart / allowed;
    if (share > 1 && made.what.empty()) {
      made.at = i;
      made.what = fmt::format("is {:.9g}, exact is {:.9g}, rounding allows {:.3g}", x, exact, allowed);
    }
    made.share = std::max(made.share, share);
  }
  return made;
}

}  // namespace vitrine
