// Every op that is no formula (products, convolutions, pools, norms, losses, reductions, layouts) on axes of size 1 and
// 0, at zeros and at ties: what it passes back is what central differences say, in programs too.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "compiler/gradients.hpp"
#include "compiler/op_table.hpp"
#include "tests/compiled_values.hpp"
#include "tests/derivative_law.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

struct Case {
  Op op;
  std::vector<Type> in;
};

/// Where an attribute holds sizes, the operands alone cannot change them.
const std::vector<Case>& written_down() {
  static const std::vector<Case> cases{
      {SumTo{shape_of<1, 1>}, {f32<2, 3, 1>}},
      {SumTo{Shape{}}, {f32<1, 1>}},
      {SumTo{shape_of<4>}, {f32<0, 4>}},
      {SumTo{shape_of<0>}, {f32<3, 0>}},
      {Mean{shape_of<1, 1>}, {f32<2, 3, 1>}},
      {Mean{Shape{}}, {f32<1>}},
      {Mean{shape_of<4>}, {f32<0, 4>}},
      {Mean{shape_of<0>}, {f32<3, 0>}},
      {Variance{shape_of<1, 1>}, {f32<2, 3, 1>}},
      {Variance{Shape{}}, {f32<1>}},
      {Variance{shape_of<4>}, {f32<0, 4>}},
      {Variance{shape_of<0>}, {f32<3, 0>}},
      {MaxTo{shape_of<1, 1>}, {f32<2, 3, 1>}},
      {MaxTo{Shape{}}, {f32<1>}},
      {MaxTo{shape_of<4>}, {f32<0, 4>}},
      {MaxTo{shape_of<0>}, {f32<3, 0>}},
      {BroadcastTo{shape_of<1, 4>}, {f32<4>}},
      {BroadcastTo{shape_of<2, 3>}, {f32<>}},
      {BroadcastTo{shape_of<0, 4>}, {f32<1, 4>}},
      {BroadcastTo{shape_of<2, 0>}, {f32<1, 1>}},
      {Reshape{shape_of<1, 6>}, {f32<2, 3>}},
      {Reshape{Shape{}}, {f32<1, 1>}},
      {Reshape{shape_of<0, 5>}, {f32<3, 0>}},
      {Rename{Shape{} << Axis{"only", 1} << Axis{"key", 3}}, {f32<1, 3>}},
      {Rename{Shape{} << Axis{"none", 0} << Axis{"key", 3}}, {f32<0, 3>}},
      {Matmul{true, false}, {f32<1, 2>, f32<1, 4>}},
      {Matmul{false, true}, {f32<2, 3, 1>, f32<4, 1>}},
      {Matmul{true, true}, {f32<0, 3>, f32<4, 0>}},
      {Matmul{false, false}, {f32<2, 1, 3>, f32<1, 3, 2>}},
      {Conv2d{{1, 1}, {1, 1}, 2}, {f32<1, 3, 1, 2>, f32<3, 1, 1, 2>}},
      {Conv2dInputGradient{{1, 1}, {1, 0}, 1, shape_of<1, 3, 1, 2>}, {f32<1, 3, 1, 4>, f32<3, 1, 2, 4>}},
      {AvgPool2dGradient{{1, 1}, {1, 1}, {0, 0}, shape_of<1, 2, 1, 1>}, {f32<1, 2, 1, 1>}},
      {AvgPool2dGradient{{3, 2}, {2, 1}, {1, 1}, shape_of<0, 4, 3, 2>}, {f32<0, 2, 4, 2>}},
      {PooledConv2dWeightGradient{{2, 2}, {1, 0}, shape_of<3, 1, 1, 2>},
       {f32<1, 4, 2, 1>, f32<1, 2, 1, 2>, {DType::u8, shape_of<1, 2, 1, 2>}}},
      {PooledConv2dWeightGradient{{2, 2}, {1, 1}, shape_of<3, 3, 2, 4>},
       {f32<0, 4, 5, 2>, f32<0, 2, 2, 4>, {DType::u8, shape_of<0, 2, 2, 4>}}},
      {PooledSum{{2, 2}, shape_of<1, 3, 2, 1>}, {f32<1, 1, 1, 1>, {DType::u8, shape_of<1, 1, 1, 1>}}},
      {PooledSum{{2, 2}, shape_of<0, 4, 4, 3>}, {f32<0, 2, 2, 3>, {DType::u8, shape_of<0, 2, 2, 3>}}},
      {MaxPool2dGather{{3, 2}, {2, 1}, {1, 1}}, {f32<1, 4, 3, 2>, {DType::u8, shape_of<1, 2, 4, 2>}}},
      {MaxPool2dGather{{3, 2}, {2, 1}, {1, 1}}, {f32<0, 4, 3, 2>, {DType::u8, shape_of<0, 2, 4, 2>}}},
      {MaxPool2dScatter{{3, 2}, {2, 1}, {1, 1}, shape_of<1, 4, 3, 2>},
       {f32<1, 2, 4, 2>, {DType::u8, shape_of<1, 2, 4, 2>}}},
      {MaxPool2dScatter{{3, 2}, {2, 1}, {1, 1}, shape_of<0, 4, 3, 2>},
       {f32<0, 2, 4, 2>, {DType::u8, shape_of<0, 2, 4, 2>}}},
      {Slice{0, 0, 0, 1}, {f32<3, 2>}},
      {Slice{1, 1, 2, 1}, {f32<1, 3>}},
      {OneHot{1}, {i32<3>}},
  };
  return cases;
}

/// An op's example with its axes, all of one size together and then each by itself, made 1 and 0; and what is written
/// down for it.
std::vector<Case> cases_of(const OpInfo& info) {
  const auto [op, in] = info.example();
  std::vector<Case> made;
  const auto take = [&](const Op& one, const std::vector<Type>& types) {
    if (one.type(types).ok()) made.push_back({one, types});
  };
  for (const std::size_t size : {std::size_t{1}, std::size_t{0}}) {
    std::vector<std::size_t> sizes;
    for (const Type& type : in)
      for (const Axis& axis : type.shape) sizes.push_back(axis.size);
    std::ranges::sort(sizes);
    sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
    for (const std::size_t old : sizes) {
      std::vector<Type> types = in;
      for (Type& type : types)
        for (int i = 0; i < type.shape.rank(); ++i)
          if (type.shape[i].size == old) type.shape = type.shape.with(i, size);
      take(op, types);
    }
    for (std::size_t k = 0; k < in.size(); ++k)
      for (int i = 0; i < in[k].shape.rank(); ++i) {
        std::vector<Type> types = in;
        types[k].shape = in[k].shape.with(i, size);
        take(op, types);
      }
  }
  for (const Case& each : written_down())
    if (each.op.info == &info) take(each.op, each.in);
  return made;
}

std::string named(const Case& each) {
  Sentence made;
  made << each.op.name() << " of";
  for (const Type& t : each.in) made << " " << t;
  return made.str();
}

bool holds_size(const Case& each, std::size_t size) {
  const auto in = [&](const Shape& shape) {
    return std::ranges::any_of(shape, [&](Axis a) { return a.size == size; });
  };
  return in(each.op.type(each.in).type.shape) ||
         std::ranges::any_of(each.in, [&](const Type& t) { return in(t.shape); });
}

/// Calls check(case) for every structured op with a derivative; each must have a case with a size of 1 and one of 0.
template <class Check> void for_every_case(Check check) {
  for (const OpInfo* info : every_op()) {
    if (info->elementwise() || !info->differentiable() || info->operands == 0) continue;
    bool ones = false, zeros = false;
    for (const Case& each : cases_of(*info)) {
      INFO(named(each));
      if (!check(each)) continue;
      ones = ones || holds_size(each, 1);
      zeros = zeros || holds_size(each, 0);
    }
    INFO(info->doc.name << ": if its attributes hold sizes, write cases down");
    CHECK(ones);
    CHECK(zeros);
  }
}

/// Numbers at random, positive where the op wants them so; labels and places 0, which is a place wherever there is any.
Values<double> leaves_of(const Graph& graph) {
  Values<double> made = random_leaves(graph, 21);
  for (auto& [id, bytes] : made)
    if (graph.find(id).type().dtype == DType::i32) std::ranges::fill(bytes, std::byte{0});
  return made;
}
/// The same with every number but those of the seed equal: all of them tie.
Values<double> tied(const Graph& graph, Values<double> leaves, double number) {
  for (auto& [id, bytes] : leaves) {
    const Value leaf = graph.find(id);
    if (leaf.type().dtype != DType::f32 || leaf.node().name == "seed") continue;
    for (std::size_t i = 0; i < leaf.type().shape.elements(); ++i)
      std::memcpy(&bytes[i * sizeof number], &number, sizeof number);
  }
  return leaves;
}

/// A norm with a larger eps: where a row's numbers tie, it is curved so strongly by a small one that differences say
/// little.
Op smooth(const Op& op) {
  if (as<RowNorm<true>>(&op)) return RowNorm<true>{0.5f};
  if (as<RowNorm<false>>(&op)) return RowNorm<false>{0.5f};
  if (as<RowNormScale<true>>(&op)) return RowNormScale<true>{0.5f};
  if (as<RowNormScale<false>>(&op)) return RowNormScale<false>{0.5f};
  return op;
}

/// Whether the definition takes these leaves: a row of no elements has no place 0.
bool is_defined(const Graph& graph, const Values<double>& leaves) {
  try {
    evaluate<double>(graph, leaves);
    return true;
  } catch (const InputError&) {
    return false;
  }
}

Values<float> narrowed(const Graph& graph, const Values<double>& wide) {
  Values<float> made;
  for (const auto& [id, bytes] : wide) {
    const Type& type = graph.find(id).type();
    made[id] = bytes;
    if (type.dtype != DType::f32) continue;
    made[id].resize(type.bytes());
    for (std::size_t i = 0; i < type.shape.elements(); ++i) {
      double x = 0;
      std::memcpy(&x, &bytes[i * sizeof x], sizeof x);
      const auto narrow = static_cast<float>(x);
      std::memcpy(&made[id][i * sizeof narrow], &narrow, sizeof narrow);
    }
  }
  return made;
}

/// The loss's graph with the gradient of every number as an output of its own.
Graph with_gradients(Graph graph) {
  const Value loss = graph.outputs()[0].second;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input || v.type().dtype != DType::f32) continue;
    try {
      graph.output("d " + v.node().name, gradients(loss, std::array{v})[0]);
    } catch (const UsageError&) {  // it reaches the loss through a comparison or a place only
    }
  }
  return graph;
}

bool close(float got, float wanted) {
  return (std::isnan(got) && std::isnan(wanted)) || got == wanted ||
         std::abs(got - wanted) <= 1e-5f * (1 + std::abs(wanted));
}

}  // namespace

TEST_CASE("every structured op's derivative is what central differences say on axes of size 1 and 0") {
  for_every_case([](const Case& each) {
    const Graph graph = loss_of(each.op, each.in);
    Values<double> at = leaves_of(graph);
    if (!is_defined(graph, at)) return false;
    if (!all_finite(graph, at)) at = positive(graph, at);
    if (all_finite(graph, at)) CHECK(derivative_disagreement(graph, at) == "");
    return true;
  });
}

TEST_CASE("at zeros and where all numbers tie, a structured op that has a derivative there has the right one") {
  // The largest of equals has none: what those ops do there is worked out by hand in ties_test.cpp and
  // reductions_test.cpp.
  const auto has_one = [](const OpInfo& info) { return info.doc.name != "max_to" && info.doc.name != "max_pool2d"; };
  for (const OpInfo* info : every_op()) {
    if (info->elementwise() || !info->differentiable() || !has_one(*info)) continue;
    std::vector<Case> cases = cases_of(*info);
    cases.push_back({info->example().op, info->example().in});
    for (const Case& each : cases) {
      const Graph graph = loss_of(smooth(each.op), each.in);
      const Values<double> any = leaves_of(graph);
      if (each.op.type(each.in).type.dtype != DType::f32 || !is_defined(graph, any)) continue;
      for (const double number : {0., 0.75, -2.}) {
        const Values<double> at = tied(graph, any, number);
        CAPTURE(named(each), number);
        if (all_finite(graph, at)) CHECK(derivative_disagreement(graph, at) == "");
      }
    }
  }
}

TEST_CASE("every structured op and its gradients, compiled, are those of the definition on axes of size 1 and 0") {
  for_every_case([](const Case& each) {
    const Graph graph = with_gradients(loss_of(each.op, each.in));
    Values<double> wide = leaves_of(graph);
    if (!is_defined(graph, wide)) return false;
    if (!all_finite(graph, wide)) wide = positive(graph, wide);
    const Values<float> at = narrowed(graph, wide);
    const auto values = evaluate<float>(graph, at);
    for (const Isa isa : all_isas()) {
      const auto got = compiled(graph, at, isa);
      for (const auto& [name, v] : graph.outputs()) {
        const std::vector<float> wanted = floats(values.at(v.id));
        REQUIRE(got.at(name).size() == wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          CAPTURE(name, name_of(isa), i, got.at(name)[i], wanted[i]);
          CHECK(close(got.at(name)[i], wanted[i]));
        }
      }
    }
    return true;
  });
}
