#pragma once
// What is said of the elements along an axis that a value is made of, held to what a run shows: one element of an input
// is changed, and nothing else may move than was said.
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "compiler/axis_dependence.hpp"
#include "tests/derivative_law.hpp"
#include "tests/small_language.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

/// The index of element number n along an axis.
inline std::size_t index_along(const Shape& shape, int axis, std::size_t n) {
  for (int i = shape.rank() - 1; i > axis; --i) n /= shape[i].size;
  return n % shape[axis].size;
}

/// Whether element number n of a value may move where position `at` of what is followed does.
inline bool may_move(const MadeOf& made, const Shape& shape, std::size_t n, std::size_t at) {
  if (made.anything) return true;
  return std::ranges::any_of(made.along, [&](const Places& p) {
    const auto here = static_cast<std::ptrdiff_t>(index_along(shape, p.axis, n) / p.inner % p.size);
    const auto there = static_cast<std::ptrdiff_t>(at);
    return here + p.first <= there && there <= here + p.last;
  });
}

/// Changes every element of a leaf at one index of an axis: numbers get others, whole numbers and masks another of
/// those that the leaf holds, so that an index stays one.
inline void change(std::vector<std::byte>& bytes, const Type& type, int axis, std::size_t at) {
  const std::size_t size = stored_size<double>(type.dtype);
  const std::vector<std::byte> before = bytes;
  const std::size_t count = type.shape.elements();
  for (std::size_t i = 0; i < count; ++i) {
    if (index_along(type.shape, axis, i) != at) continue;
    if (type.dtype == DType::f32) {
      double x = 0;
      std::memcpy(&x, &bytes[i * size], size);
      x = x * 1.25 + 0.0625;
      std::memcpy(&bytes[i * size], &x, size);
    } else {
      for (std::size_t k = 0; k < count; ++k)
        if (std::memcmp(&before[k * size], &before[i * size], size) != 0) {
          std::memcpy(&bytes[i * size], &before[k * size], size);
          break;
        }
    }
  }
}

struct Counted {
  std::size_t moved = 0, stayed = 0;  // elements that may move, and that must not
};

/// Follows one axis of a leaf through a graph; empty, or what moved though it was said not to.
inline std::string disagreement(const Graph& graph, const Values<double>& leaves, Value leaf, int axis, Counted& seen) {
  const AxisDependence dependence(graph, leaf, axis);
  const Values<double> before = evaluate<double>(graph, leaves);
  for (std::size_t at = 0; at < leaf.type().shape[axis].size; ++at) {
    Values<double> changed = leaves;
    change(changed.at(leaf.id), leaf.type(), axis, at);
    Values<double> after;
    try {
      after = evaluate<double>(graph, changed);
    } catch (const InputError&) {
      continue;  // a number that was an index is none any more
    }
    for (Value v : graph.topological()) {
      const std::size_t size = stored_size<double>(v.type().dtype);
      for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
        const bool may = may_move(dependence.made_of(v), v.type().shape, i, at);
        const bool moved = std::memcmp(&before.at(v.id)[i * size], &after.at(v.id)[i * size], size) != 0;
        (may ? seen.moved : seen.stayed) += 1;
        if (moved && !may)
          return "element " + std::to_string(i) + " of %" + std::to_string(v.id) + " " +
                 std::string(v.op() ? v.op()->name() : "leaf") + " moves with position " + std::to_string(at);
      }
    }
  }
  return "";
}

/// Along every axis of every input and state.
inline std::string disagreement(const Graph& graph, const Values<double>& leaves, Counted& seen) {
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input && v.node().leaf != Leaf::state) continue;
    for (int axis = 0; axis < v.type().shape.rank(); ++axis)
      if (const std::string found = disagreement(graph, leaves, v, axis, seen); !found.empty())
        return found + ", followed from axis " + std::to_string(axis) + " of " + v.node().name;
  }
  return "";
}

namespace law {

constexpr Axis batch{"batch", 2}, step{"time", 5}, width{"width", 3}, row{"row", 10};

/// What is said of output "y" of a graph made of x [batch, step, width], once a run has agreed.
inline Dependence of_time(const std::function<Value(Value)>& build) {
  Graph graph("example");
  graph.output("y", build(graph.input("x", f32<batch, step, width>)));
  Counted seen;
  CHECK(disagreement(graph, random_leaves(graph, 3), seen) == "");
  return AxisDependence(graph, "time").of(graph.outputs()[0].second);
}

}  // namespace law

}  // namespace vitrine
