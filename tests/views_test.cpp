// Strided views: an op reads a slice, a flip or a permute of a tensor as it reads the tensor itself.
#include <catch2/catch.hpp>
#include <numeric>

#include "compiler/gradients.hpp"
#include "compiler/op_table.hpp"
#include "tests/compiled_values.hpp"
#include "tests/derivative_law.hpp"
#include "tests/program_bits.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

/// A value of this type that looks at an input of another shape.
using Look = Value (*)(Graph&, const std::string& name, const Type&);

Value backwards(Graph& graph, const std::string& name, const Type& type) {
  Value x = graph.input(name, type);
  for (int i = 0; i < type.shape.rank(); ++i) x = emit(Flip{i}, {x});
  return x;
}
Value every_other(Graph& graph, const std::string& name, const Type& type) {
  Type wide = type;
  for (Axis& a : wide.shape.axes) a = Axis(2 * a.size + 1);
  Value x = graph.input(name, wide);
  for (int i = 0; i < type.shape.rank(); ++i)
    x = emit(Slice{i, 1, static_cast<std::int64_t>(2 * type.shape[i].size + 1), 2}, {x});
  return renamed(x, type.shape);
}
Value turned(Graph& graph, const std::string& name, const Type& type) {
  Positions order;
  Type other{type.dtype, {}};
  for (int i = type.shape.rank() - 1; i >= 0; --i) order << i, other.shape << type.shape[i];
  return emit(Permute{order}, {graph.input(name, other)});
}

constexpr std::array looks{Look{backwards}, Look{every_other}, Look{turned}};
std::string_view name_of(Look look) {
  return look == Look{backwards} ? "backwards" : look == Look{turned} ? "turned" : "every other";
}

Graph graph_of(const OpInfo& info, Look look) {
  const auto [op, in] = info.example();
  Graph graph("views");
  std::vector<Value> operands;
  for (const Type& type : in) {
    const std::string name = "x" + std::to_string(operands.size());
    operands.push_back(look ? look(graph, name, type) : graph.input(name, type));
  }
  graph.output("y", graph.add(op, operands));
  return graph;
}

/// Quarters from 1/4 to 4, whose sums are exact; 0 and 1 where the elements are whole.
Values<float> some_leaves(const Graph& graph) {
  Values<float> made;
  std::uint32_t draw = 7;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    auto& bytes = made[v.id];
    bytes.resize(v.type().bytes());
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      draw = draw * 1664525 + 1013904223;
      const float number = 0.25f * static_cast<float>(1 + (draw >> 28));
      if (v.type().dtype == DType::f32)
        std::memcpy(&bytes[i * sizeof number], &number, sizeof number);
      else
        bytes[i * size_of(v.type().dtype)] = static_cast<std::byte>(draw >> 31);
    }
  }
  return made;
}

}  // namespace

TEST_CASE("every op reads slices, flips and permutes as it reads the tensors that they are, in programs too") {
  for (const OpInfo* info : every_op())
    for (const Look look : looks) {
      const Graph graph = graph_of(*info, look), dense = graph_of(*info, nullptr);
      CAPTURE(info->doc.name, name_of(look));
      const Values<float> leaves = some_leaves(graph), values = evaluate<float>(graph, leaves);
      // The same operands as inputs of their own.
      Values<float> operands;
      const std::vector<Value> looked = graph.outputs()[0].second.operands();
      for (std::size_t i = 0; i < looked.size(); ++i)
        operands[dense.find("x" + std::to_string(i)).id] = values.at(looked[i].id);
      const Type type = graph.outputs()[0].second.type();
      const auto reference = with_one_nan(type, evaluate<float>(dense, operands).at(dense.outputs()[0].second.id));
      CHECK(with_one_nan(type, values.at(graph.outputs()[0].second.id)) == reference);
      CHECK(with_one_nan(type, run_compiled(graph, leaves).at("y")) ==
            with_one_nan(type, run_compiled(dense, operands).at("y")));
    }
}

TEST_CASE("every op's gradients reach through slices, flips and permutes, in programs too") {
  for (const OpInfo* info : every_op())
    for (const Look look : looks) {
      if (info->operands == 0 || !info->differentiable()) continue;
      Graph graph = graph_of(*info, look);
      CAPTURE(info->doc.name, name_of(look));
      Value y = graph.outputs()[0].second;
      if (y.type().dtype != DType::f32) y = cast<DType::f32>(y);
      const Value loss = sum(y * graph.input("seed", y.type()));
      graph.output("loss", loss);
      // What differences say, through the view to what it looks at.
      Values<double> wide = random_leaves(graph, 31);
      if (!all_finite(graph, wide)) wide = positive(graph, wide);
      REQUIRE(derivative_disagreement(graph, wide) == "");
      // The program's are the reference's; a sum may be added in another order.
      for (Value leaf : graph.topological())
        if (leaf.node().leaf == Leaf::input && leaf.type().dtype == DType::f32) try {
            graph.output("d " + leaf.node().name, gradients(loss, std::array{leaf})[0]);
          } catch (const UsageError&) {  // it reaches the loss through a comparison or a place only
          }
      const Values<float> leaves = some_leaves(graph), values = evaluate<float>(graph, leaves);
      auto made = run_compiled(graph, leaves);
      for (const auto& [name, v] : graph.outputs()) {
        if (!name.starts_with("d ")) continue;
        const std::vector<float> got = floats(made.at(name)), wanted = floats(values.at(v.id));
        REQUIRE(got.size() == wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
          CAPTURE(name, i, got[i], wanted[i]);
          CHECK((std::isnan(wanted[i]) ? std::isnan(got[i]) : got[i] == Approx(wanted[i]).epsilon(1e-5).margin(1e-5)));
        }
      }
    }
}

TEST_CASE("layouts and reductions of axes of size 0 and 1 are the reference's, in programs too") {
  for (const Shape& shape : {shape_of<0, 4>, shape_of<4, 0>, shape_of<1, 1>, shape_of<1, 4>, shape_of<4, 1>}) {
    Graph graph("small");
    const Value x = graph.input("x", {DType::f32, shape}), none = graph.input("none", i32<0>),
                rows = gather<1>(x, none);
    graph.output("permute", permute<1, 0>(x) * 2.f);
    graph.output("flip", flip<0>(flip<1>(x)) + 1.f);
    graph.output("empty", slice<0, 0, 0>(x) * 2.f);
    graph.output("pad", pad<1, 2, 1, 3.f>(x));
    graph.output("concat", concat<0>(x, flip<1>(x)));
    graph.output("stack", stack<2>(x, x));
    graph.output("rows", rows);
    graph.output("scattered", scatter_add<5, 1>(rows, none));
    graph.output("sum", sum<0>(x));
    graph.output("mean", mean<1>(x));
    graph.output("max", max<0>(x, keep_axes));
    graph.output("min", min(x));
    graph.output("variance", variance<1>(x));
    graph.output("all", variance(x));
    graph.output("cumulative", cumulative_sum<0, true>(flip<0>(x)));
    check_compiled_is_reference(graph, some_leaves(graph));
  }
}
