// Laws that every op obeys, checked on the op's own example: a new op is tested here without a line changed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "compiler/gradients.hpp"
#include "compiler/kernel_of.hpp"
#include "compiler/op_table.hpp"
#include "compiler/parse.hpp"
#include "compiler/print.hpp"
#include "tests/derivative_law.hpp"
#include "tests/op_example.hpp"
#include "vitrine/formula.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

bool same(const Symbol& a, const Symbol& b) {
  if (!a || !b) return !a && !b;
  if (a->op != b->op || !(Float(a->number) == Float(b->number)) || a->index != b->index) return false;
  for (std::size_t i = 0; i < 3; ++i)
    if (!same(a->from[i], b->from[i])) return false;
  return true;
}

/// Leaves at which the graph's outputs are numbers.
Values<double> leaves_in_domain(const Graph& graph, std::uint32_t seed) {
  const Values<double> drawn = random_leaves(graph, seed);
  return all_finite(graph, drawn) ? drawn : positive(graph, drawn);
}

/// An op of graphs that are derived from a model in use. Nobody takes a derivative of these.
bool refuses_derivatives(const OpInfo& info) { return info.doc.derivative.starts_with("refused"); }

/// Types with one axis each may be anything; those of an op's example are what it is given.
std::vector<Type> one_more(std::vector<Type> in) {
  in.push_back(in.empty() ? Type{} : in.back());
  return in;
}

Values<float> narrowed(const Graph& graph, const Values<double>& wide) {
  Values<float> made;
  for (const auto& [id, bytes] : wide) {
    const Type& type = graph.find(id).type();
    if (type.dtype != DType::f32) {
      made[id] = bytes;
      continue;
    }
    made[id].resize(type.bytes());
    for (std::size_t i = 0; i < type.shape.elements(); ++i)
      reinterpret_cast<float*>(made[id].data())[i] =
          static_cast<float>(reinterpret_cast<const double*>(bytes.data())[i]);
  }
  return made;
}

/// A kernel's register as the formula it computes.
Symbol formula_of(const Kernel& kernel, std::size_t result) {
  std::vector<Symbol> registers;
  for (const Instruction& i : kernel.instructions) {
    Term term{.op = i.op, .number = i.number, .index = i.op == Scalar::input ? i.from[0] : 0u};
    for (std::size_t k = 0; k < static_cast<std::size_t>(arity(i.op)); ++k) term.from[k] = registers.at(i.from[k]);
    registers.push_back(std::make_shared<Term>(term));
  }
  return registers.at(kernel.results.at(result));
}

}  // namespace

TEST_CASE("every op's derivative is what central differences say, in double") {
  for (const OpInfo* info : every_op())
    for (std::uint32_t seed : {1u, 2u, 3u}) {
      if (refuses_derivatives(*info)) continue;
      const auto [op, in] = info->example();
      const Graph graph = loss_of(op, in);
      CAPTURE(info->doc.name, seed);
      REQUIRE(derivative_disagreement(graph, leaves_in_domain(graph, seed)) == "");
    }
}

TEST_CASE("every op's derivative has a derivative, and it too is what central differences say") {
  for (const OpInfo* info : every_op()) {
    if (refuses_derivatives(*info)) continue;
    const auto [op, in] = info->example();
    const Graph graph = loss_of_gradients(loss_of(op, in));
    CAPTURE(info->doc.name);
    REQUIRE(graph.outputs().size() == 1);  // the seed at least has a gradient
    REQUIRE(derivative_disagreement(graph, leaves_in_domain(graph, 4)) == "");
  }
}

TEST_CASE("every elementwise op's formula, and its derivatives, read back from print as they were") {
  for (const OpInfo* info : every_op()) {
    if (!info->elementwise()) continue;
    const Symbol formula = info->example().op.formula(info->operands);
    CAPTURE(info->doc.name, print(formula));
    REQUIRE(same(parse_formula(print(formula)), formula));
    for (std::size_t i = 0; i < info->operands; ++i)
      if (const Symbol d = derivative(formula, i)) {
        CAPTURE(i, print(d));
        REQUIRE(same(parse_formula(print(d)), d));
      }
  }
}

TEST_CASE("every elementwise op's kernel computes the bits of its definition") {
  for (const OpInfo* info : every_op()) {
    const Graph graph = example_graph(*info);
    const Value y = graph.outputs()[0].second;
    const auto numeric = [](const Value& v) { return v.type().dtype != DType::i32; };
    if (!info->elementwise() || !std::ranges::all_of(y.operands(), numeric)) continue;
    CAPTURE(info->doc.name);

    KernelSources sources;
    for (std::size_t k = 0; k < y.operands().size(); ++k)
      sources.inputs[y.operands()[k].id] = static_cast<std::uint16_t>(k);
    const Kernel kernel = kernel_of(std::array{y}, sources, std::array{y});
    const Symbol computed = formula_of(kernel, 0);

    const Values<float> leaves = narrowed(graph, leaves_in_domain(graph, 5));
    const Values<float> values = evaluate<float>(graph, leaves);
    std::vector<Buffer<float>> in;
    for (Value v : y.operands()) in.push_back({v.type(), const_cast<std::byte*>(values.at(v.id).data())});
    std::vector<BroadcastWalk<1>> at;
    for (std::size_t k = 0; k < in.size(); ++k) at.emplace_back(Buffers<float>(&in[k], 1), y.type().shape);
    for (std::size_t i = 0; i < y.type().shape.elements(); ++i) {
      std::vector<Num<float>> x;
      for (std::size_t k = 0; k < in.size(); ++k) x.push_back(load<float>(in[k], at[k][0])), at[k].next();
      const float got = evaluate<float>(computed, x).value;
      const float want = load<float>(Buffer<float>{y.type(), const_cast<std::byte*>(values.at(y.id).data())}, i).value;
      CAPTURE(i);
      REQUIRE(Float(got) == Float(want));
    }
  }
}

TEST_CASE("every op's attributes read back from print as they were") {
  for (const OpInfo* info : every_op()) {
    const Op op = info->example().op;
    CAPTURE(info->doc.name);
    const Op again = info->parse(info->print(op.attributes.get()));
    REQUIRE(again == op);
    REQUIRE(info->hash(again.attributes.get()) == info->hash(op.attributes.get()));
  }
}

TEST_CASE("every op's example is the same graph after print and parse") {
  for (const OpInfo* info : every_op()) {
    const Graph graph = example_graph(*info);
    CAPTURE(print(graph));
    const Graph again = parse(print(graph));
    REQUIRE(print(again) == print(graph));
    REQUIRE(*again.outputs()[0].second.op() == *graph.outputs()[0].second.op());
  }
}

TEST_CASE("every op refuses a wrong number of operands with a sentence that names it") {
  for (const OpInfo* info : every_op()) {
    const auto [op, in] = info->example();
    std::vector<std::vector<Type>> wrong;
    if (info->variadic)
      wrong = {{}};
    else if (in.empty())
      wrong = {one_more(in)};
    else
      wrong = {one_more(in), {in.begin(), in.end() - 1}};
    for (const auto& operands : wrong) {
      CAPTURE(info->doc.name, operands.size());
      const Inferred made = op.type(operands);
      REQUIRE_FALSE(made.ok());
      REQUIRE(made.why.str().starts_with(std::string(info->doc.name) + ": "));
    }
  }
}

TEST_CASE("every op computes in float what it computes in double, to float's rounding") {
  for (const OpInfo* info : every_op())
    for (std::uint32_t seed : {6u, 7u}) {
      const Graph graph = example_graph(*info);
      const Value y = graph.outputs()[0].second;
      const Values<float> leaves = narrowed(graph, leaves_in_domain(graph, seed));
      const auto narrow = evaluate<float>(graph, leaves).at(y.id);
      const auto wide = evaluate<double>(graph, widened(graph, leaves)).at(y.id);
      CAPTURE(info->doc.name, seed);
      if (y.type().dtype != DType::f32) {
        REQUIRE(narrow == wide);
        continue;
      }
      const auto* f = reinterpret_cast<const float*>(narrow.data());
      const auto* d = reinterpret_cast<const double*>(wide.data());
      double largest = 0;
      for (std::size_t i = 0; i < y.type().shape.elements(); ++i) largest = std::max(largest, std::abs(d[i]));
      for (std::size_t i = 0; i < y.type().shape.elements(); ++i) {
        CAPTURE(i, f[i], d[i]);
        REQUIRE(std::abs(static_cast<double>(f[i]) - d[i]) <= 1.3e-6 * std::abs(d[i]) + 1e-7 * largest);
      }
    }
}

TEST_CASE("every op says what it computes and what its derivative is") {
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    REQUIRE((info->elementwise() || !info->doc.rule.empty()));
    REQUIRE((info->elementwise() || !info->doc.derivative.empty()));
    // A page that says there is none, and a rule that makes one, would contradict each other.
    const auto [op, in] = info->example();
    const bool says_none = info->doc.derivative.starts_with("none");
    if (says_none) {
      const Graph graph = loss_of(op, in);
      Values<double> leaves = leaves_in_domain(graph, 8);
      REQUIRE(derivative_disagreement(graph, leaves) == "");
    }
  }
}

TEST_CASE("an op whose page says that a derivative is refused has none, and gradients names it") {
  std::size_t refusing = 0;
  for (const OpInfo* info : every_op()) {
    if (!refuses_derivatives(*info)) continue;
    ++refusing;
    CAPTURE(info->doc.name);
    CHECK_FALSE(info->differentiable());
    const auto [op, in] = info->example();
    Graph graph = loss_of(op, in);
    CHECK_THROWS_WITH(gradients(graph.outputs()[0].second, std::array{graph.find("x0")}),
                      Catch::Contains(std::string(info->doc.name)) && Catch::Contains("has no derivative"));
  }
  CHECK(refusing == 7);
}

TEST_CASE("no two ops have one name, and every name is found") {
  for (const OpInfo* info : every_op()) {
    CAPTURE(info->doc.name);
    REQUIRE(find_op(info->doc.name) == info);
  }
  REQUIRE(find_op("no_such_op") == nullptr);
}

// The type at compile time is the type at run time. What is checked in a constant expression is in fact one: a rule
// that is not constexpr does not compile here.
namespace {

template <class O>
concept ConstexprExample = requires {
  typename std::bool_constant<(O::example(), true)>;
};

template <class O> constexpr Inferred type_while_compiling() {
  constexpr auto example = O::example();
  if constexpr (requires(const O op, std::span<const Type> in) { op.type(in); })
    return example.op.type(example.in);
  else
    return std::apply([&](auto... in) { return infer(example.op, in...); }, example.in);
}

template <class O> std::size_t check_type_of() {
  if constexpr (ConstexprExample<O>) {
    constexpr Inferred made = type_while_compiling<O>();
    static_assert(made.ok());
    const OpInfo* info = find_op(O::doc.name);
    const auto [op, in] = info->example();
    CAPTURE(info->doc.name);
    REQUIRE(op.type(in).type == made.type);
    return 1;
  } else {
    return 0;  // its attributes are made at run time, as a map's formula is
  }
}
template <class... Ops> std::size_t check_types(List<Ops...>) { return (check_type_of<Ops>() + ... + std::size_t{0}); }

}  // namespace

TEST_CASE("every op's type while compiling is its type at run time") {
  REQUIRE(check_types(EveryOp{}) + 1 >= every_op().size());  // all but map
}
