#include "tests/allowed_rounding.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "tests/draw.hpp"
#include "tests/graph_results.hpp"

namespace vitrine {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

double* numbers(std::vector<std::byte>& bytes) { return reinterpret_cast<double*>(bytes.data()); }

/// How values are moved: each element by a share of itself; or, so that what differs by less than rounding becomes
/// equal, to a coarser number.
struct Moves {
  double share;
  bool coarser = false;

  void operator()(const Type& type, std::vector<std::byte>& bytes, Draw& draw) const {
    for (std::size_t i = 0; type.dtype == DType::f32 && i < type.shape.elements(); ++i) {
      double& x = numbers(bytes)[i];
      if (!coarser) {
        x += (2 * draw.unit() - 1) * (std::abs(x) * share + 0x1p-147);
      } else if (x != 0 && std::isfinite(x)) {
        const double step = std::exp2(std::floor(std::log2(std::abs(x) * share)));
        x = std::nearbyint(x / step) * step;
      }
    }
  }
};

/// A node's operands and result as buffers of Real, by its own definition.
template <class Real> std::vector<std::byte> run(Value v, std::vector<std::vector<std::byte>>& operands) {
  std::vector<Buffer<Real>> in;
  for (std::size_t k = 0; k < operands.size(); ++k) in.push_back({v.operands()[k].type(), operands[k].data()});
  std::vector<std::byte> made(v.type().shape.elements() * stored_size<Real>(v.type().dtype));
  const OpInfo& info = *v.op()->info;
  if constexpr (sizeof(Real) == sizeof(float))
    info.run(v.op()->attributes.get(), in, {v.type(), made.data()});
  else
    info.run_double(v.op()->attributes.get(), in, {v.type(), made.data()});
  return made;
}

/// What the op's own arithmetic may add to the error of its result: by how much its definition in f32 is off at most,
/// on operands whose last bits are any: a kernel that adds up in another order rounds where the definition happens not
/// to.
double own_error(Value v, const Values<double>& values, Draw& draw) {
  if (v.type().dtype != DType::f32) return 0;
  std::vector<std::vector<std::byte>> narrow, wide;
  for (Value o : v.operands()) {
    wide.push_back(values.at(o.id));
    Moves{0x1p-19}(o.type(), wide.back(), draw);
    narrow.push_back(wide.back());
    if (o.type().dtype != DType::f32) continue;
    narrow.back().resize(o.type().bytes());
    for (std::size_t i = 0; i < o.type().shape.elements(); ++i) {
      const auto rounded = static_cast<float>(numbers(wide.back())[i]);
      numbers(wide.back())[i] = static_cast<double>(rounded);
      std::memcpy(&narrow.back()[i * sizeof rounded], &rounded, sizeof rounded);
    }
  }
  const auto f = as_numbers<float>(v.type(), run<float>(v, narrow));
  const auto d = as_numbers<double>(v.type(), run<double>(v, wide));
  double most = 0;
  for (std::size_t i = 0; i < f.size(); ++i)
    if (const double error = std::abs(f[i] - d[i]); std::isfinite(error)) most = std::max(most, error);
  return most;
}

/// The graph's values with everything moved. Errors of one sum lean to one side: then all of a result's do.
Values<double> moved(const Graph& graph, const Values<double>& leaves, const std::map<std::uint32_t, double>& errors,
                     const Moves& move, Draw& draw) {
  Values<double> values;
  for (Value v : graph.topological()) {
    if (!v.op()) continue;
    std::vector<std::vector<std::byte>> operands;
    for (Value o : v.operands()) {
      operands.push_back(values.contains(o.id) ? values.at(o.id) : leaves.at(o.id));
      move(o.type(), operands.back(), draw);
    }
    auto& made = values[v.id] = run<double>(v, operands);
    move(v.type(), made, draw);
    const double error = move.coarser ? 0 : errors.at(v.id), lean = draw.chance(50) ? 0 : draw.chance(50) ? 1 : -1;
    for (std::size_t i = 0; error > 0 && i < v.type().shape.elements(); ++i)
      numbers(made)[i] += error * (2 * lean + (lean == 0 ? 4 : 1) * (draw.unit() - 0.5));
  }
  return values;
}

/// Nodes that hold, or are made of, numbers whose squares f32 cannot hold.
std::set<std::uint32_t> wild_nodes(const Graph& graph, const Values<double>& values) {
  std::set<std::uint32_t> wild;
  for (Value v : graph.topological()) {
    bool is_wild = std::ranges::any_of(v.operands(), [&](Value o) { return wild.contains(o.id); });
    if (v.type().dtype == DType::f32)
      for (const double x : as_numbers<double>(v.type(), values.at(v.id))) {
        const double size = std::abs(x);
        is_wild = is_wild || !(size < 1e12) || (size > 0 && size < 1e-18);
      }
    if (is_wild) wild.insert(v.id);
  }
  return wild;
}

}  // namespace

std::map<std::uint32_t, std::vector<double>> allowed_rounding(const Graph& graph, const Values<double>& leaves,
                                                              int samples) {
  Values<double> values = evaluate<double>(graph, leaves);
  Values<double> leaf_values;
  for (Value v : graph.topological())
    if (!v.op()) leaf_values[v.id] = values.at(v.id);
  const auto wild = wild_nodes(graph, values);
  Draw draw(1);
  std::map<std::uint32_t, double> errors;
  for (Value v : graph.topological())
    if (v.op()) errors[v.id] = wild.contains(v.id) ? 0 : own_error(v, values, draw);
  std::map<std::uint32_t, std::vector<double>> spread;
  for (Value v : graph.topological())
    spread[v.id] = std::vector<double>(v.type().shape.elements(), wild.contains(v.id) ? infinite : 0.0);
  for (int k = 0; k < samples + 3; ++k) {
    Values<double> others;
    try {
      const Moves move = k < samples ? Moves{0x1p-22} : Moves{std::exp2(k - samples - 24), true};
      others = moved(graph, leaf_values, errors, move, draw);
    } catch (const std::exception&) {  // a number that was rounded became an index outside of its axis
      for (auto& [id, all] : spread) std::ranges::fill(all, infinite);
      return spread;
    }
    for (const auto& [id, bytes] : others) {
      const Type& type = graph.find(id).type();
      const auto was = as_numbers<double>(type, values.at(id)), is = as_numbers<double>(type, bytes);
      for (std::size_t i = 0; i < was.size(); ++i) {
        const double by = std::abs(is[i] - was[i]);
        const bool countable = type.dtype == DType::f32 ? !std::isnan(by) : by == 0;
        spread[id][i] = std::max(spread[id][i], countable ? by : infinite);
      }
    }
  }
  for (auto& [id, all] : spread) {
    double most = 0;
    for (const double s : all) most = std::max(most, s < 1e12 ? s : 0);
    // A few samples may all miss where one element is most moved: its neighbours say how much that can be.
    for (double& s : all) s = s < 1e12 ? 16 * s + most : infinite;
  }
  return spread;
}

}  // namespace vitrine
