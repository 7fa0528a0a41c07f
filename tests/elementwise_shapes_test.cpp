// Every elementwise op on every sort of shape: axes of size 0 and 1, broadcasts and transposed operands.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "compiler/gradients.hpp"
#include "compiler/op_table.hpp"
#include "tests/compiled_values.hpp"
#include "tests/derivative_law.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity(),
                not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Shapes for an op's operands: of size 0, of size 1, none, and such as broadcast to each other, each by another axis.
const std::vector<std::vector<Shape>> shapes{
    {shape_of<0>},
    {shape_of<2, 0>},
    {shape_of<1, 1>},
    {Shape{}},
    {shape_of<2, 3>},
    {shape_of<0, 3>, shape_of<1, 3>, shape_of<3>},
    {shape_of<3>, shape_of<0, 1>, Shape{}},
    {shape_of<2, 3>, shape_of<3>, shape_of<2, 1>},
    {shape_of<2, 1>, shape_of<1, 3>, Shape{}},
    {Shape{}, shape_of<2, 2, 3>, shape_of<2, 1, 1>},
};

/// What an op of an example is given instead: operand k has the k-th of the shapes (from the start again after the
/// last).
std::vector<Type> given(std::vector<Type> in, const std::vector<Shape>& of) {
  for (std::size_t k = 0; k < in.size(); ++k) in[k].shape = of[k % of.size()];
  return in;
}

enum class Lying { dense, transposed };

/// An operand of this type: an input of numbers, which lie along its columns where it is transposed; a mask is made of
/// numbers, so that it may stay within a kernel.
Value operand(Graph& graph, const Type& type, Lying lying) {
  Type numbers{DType::f32, type.shape};
  const int rank = type.shape.rank();
  const bool turned = lying == Lying::transposed && rank >= 2;
  if (turned) numbers.shape = type.shape.with(-1, type.shape[-2]).with(-2, type.shape[-1]);
  Value x = graph.input("x" + std::to_string(graph.end_of_ids()), numbers);
  if (turned) x = transpose(x);
  return type.dtype == DType::boolean ? greater(x, 0.f) : x;
}

struct Case {
  Graph graph;
  Value y;
};
/// The op on operands of these types; a mask that it makes chooses between two numbers.
Case of(const Op& op, const std::vector<Type>& in, Lying lying) {
  Graph graph(std::string(op.name()));
  std::vector<Value> operands;
  for (const Type& type : in) operands.push_back(operand(graph, type, lying));
  Value y = graph.add(op, operands);
  if (y.type().dtype == DType::boolean) y = where(y, 3.f, number(graph, -2.f));
  const std::uint32_t id = y.id;
  Case made{std::move(graph), {}};
  made.y = {&made.graph, id};
  return made;
}

/// Numbers that break careless kernels, beside common ones.
Values<float> hard_leaves(const Graph& graph, std::size_t turn) {
  constexpr std::array hard{0.f, -0.f, 1.f, infinity, -1.5f, not_a_number, -infinity, 1e-42f, 3.f, 0.25f, -2e30f};
  Values<float> made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::input) continue;
    made[v.id].resize(v.type().bytes());
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i)
      std::memcpy(&made[v.id][i * sizeof(float)], &hard[(i + turn + 3 * v.id) % hard.size()], sizeof(float));
  }
  return made;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (Float(a[i]).bits != Float(b[i]).bits && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  return true;
}

/// Calls check(op, operand types) for every elementwise op on every sort of shape that its rule takes.
template <class Check> void for_every_shape(Check check) {
  for (const OpInfo* info : every_op()) {
    if (!info->elementwise()) continue;
    const auto [op, in] = info->example();
    std::size_t taken = 0;
    for (const auto& each : shapes) {
      const std::vector<Type> types = given(in, each);
      if (!op.type(types).ok()) continue;
      ++taken;
      check(op, types);
    }
    CAPTURE(info->doc.name);
    CHECK(taken >= 1);  // one op may want one shape for all its operands, another the shape of its attribute
  }
}

std::string named(const Op& op, const std::vector<Type>& in) {
  Sentence made;
  made << op.name() << " of";
  for (const Type& t : in) made << " " << t;
  return made.str();
}

}  // namespace

TEST_CASE("every elementwise op, compiled, makes its definition's bits on axes of size 0 and 1, broadcasts and views") {
  for_every_shape([](const Op& op, const std::vector<Type>& in) {
    for (const Lying lying : {Lying::dense, Lying::transposed}) {
      Case made = of(op, in, lying);
      made.graph.output("y", made.y);
      CAPTURE(named(op, in), lying == Lying::transposed);
      for (std::size_t turn = 0; turn < 4; ++turn) {
        const Values<float> at = hard_leaves(made.graph, turn);
        const std::vector<float> wanted = floats(evaluate<float>(made.graph, at).at(made.y.id));
        for (const Isa isa : all_isas()) REQUIRE(same_bits(compiled(made.graph, at, isa)["y"], wanted));
      }
    }
  });
}

TEST_CASE("every elementwise op's derivative is what central differences say on axes of size 0 and 1 and broadcasts") {
  for_every_shape([](const Op& op, const std::vector<Type>& in) {
    const Graph graph = loss_of(op, in);
    Values<double> at = random_leaves(graph, 11);
    if (!all_finite(graph, at)) at = positive(graph, at);
    CAPTURE(named(op, in));
    REQUIRE(derivative_disagreement(graph, at) == "");
  });
}

TEST_CASE("every elementwise op's gradients, compiled, are those of the definition on every sort of shape") {
  for_every_shape([](const Op& op, const std::vector<Type>& in) {
    for (const Lying lying : {Lying::dense, Lying::transposed}) {
      Case made = of(op, in, lying);
      Graph& graph = made.graph;
      std::vector<Value> inputs;
      for (Value v : graph.topological())
        if (v.node().leaf == Leaf::input) inputs.push_back(v);
      const Value loss = sum(made.y * graph.input("seed", made.y.type()));
      for (Value x : inputs) try {
          graph.output(x.node().name, gradients(loss, std::array{x})[0]);
        } catch (const UsageError&) {  // it reaches the loss through a mask only
        }
      Values<double> wide = random_leaves(graph, 12);
      if (!all_finite(graph, wide)) wide = positive(graph, wide);
      Values<float> at;
      for (const auto& [id, bytes] : wide) {
        at[id].resize(bytes.size() / 2);
        for (std::size_t i = 0; i < bytes.size() / sizeof(double); ++i) {
          double x = 0;
          std::memcpy(&x, &bytes[i * sizeof x], sizeof x);
          const float narrow = static_cast<float>(x);
          std::memcpy(&at[id][i * sizeof narrow], &narrow, sizeof narrow);
        }
      }
      CAPTURE(named(op, in), lying == Lying::transposed);
      const auto values = evaluate<float>(graph, at);
      const auto got = compiled(graph, at, best_isa());
      for (const auto& [name, v] : graph.outputs()) {
        const std::vector<float> wanted = floats(values.at(v.id));
        REQUIRE(got.at(name).size() == wanted.size());
        for (std::size_t i = 0; i < wanted.size(); ++i)  // sums may be added in another order
          REQUIRE(std::abs(got.at(name)[i] - wanted[i]) <= 1e-5f * (1 + std::abs(wanted[i])));
      }
    }
  });
}
