// The rules that hold for any op: constants are computed, twins merge, what nothing reads goes, work runs in one step.
#include "compiler/compile.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/program.hpp"
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

std::vector<Op> every_example() {
  std::vector<Op> all;
  for (const OpInfo* info : every_op()) all.push_back(info->example().op);
  return all;
}

/// A constant with one special value after the other, from `begin` on.
Value constant(Graph& graph, const Type& type, std::size_t begin, std::size_t each) {
  Constant made{type, std::vector<std::byte>(type.bytes())};
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    const std::size_t pick = begin + i / each;
    const auto whole = static_cast<std::int32_t>(pick % 2);
    if (type.dtype == DType::f32)
      std::memcpy(&made.bytes[i * 4], &special[pick % special.size()], 4);
    else if (type.dtype == DType::i32)
      std::memcpy(&made.bytes[i * 4], &whole, 4);
    else
      made.bytes[i] = static_cast<std::byte>(whole);
  }
  return graph.constant(made);
}
Graph of_constants(const Op& op, const std::vector<Type>& in, std::size_t begin, std::size_t each_of_first) {
  Graph graph("proof");
  std::vector<Value> operands;
  for (std::size_t i = 0; i < in.size(); ++i) operands.push_back(constant(graph, in[i], begin, i ? 1 : each_of_first));
  graph.output("y", graph.add(op, operands));
  return graph;
}
bool folds(const OpInfo& info) {
  return (info.elementwise() || info.view || info.operands == 0) && &info != &vitrine::info<BroadcastTo>();
}
void constants(Rule& rule) {
  for (const OpInfo* info : every_op()) {
    if (!folds(*info)) continue;
    const ErasedExample example = info->example();
    rule.holds(of_constants(example.op, example.in, 0, 1));
    if (!info->elementwise()) continue;
    const auto with_shape = [&](const Shape& shape) {
      std::vector<Type> types;
      for (const Type& t : example.in) types.push_back({t.dtype, shape});
      return types;
    };
    // Pairs of special values, as many to a constant as are still folded: the first operand keeps its value for one
    // round of the second's.
    constexpr std::size_t n = special.size();
    for (std::size_t begin = 0; begin < n; ++begin)
      rule.holds(of_constants(example.op, with_shape(shape_of<3 * n>), begin, n));
    for (std::size_t begin = 0; begin < n; ++begin) rule.holds(of_constants(example.op, with_shape({}), begin, 1));
    for (const Shape& shape : small_shapes()) rule.holds(of_constants(example.op, with_shape(shape), 0, 1));
  }
}

/// The op's example twice: the text of a graph, like a rewrite, can make a twin of what is there.
void twins(Rule& rule) {
  for (const Op& op : every_example())
    rule.holds(graph_of(op.info->example().in,
                        [&](Graph& g, auto in) {
                          const std::vector<Value> operands(in.begin(), in.end());
                          const Value first = g.add(op, operands);
                          g.take_id(g.end_of_ids());
                          const Value twin = g.add(op, operands);
                          if (first == twin) FAIL("no twin");
                          return std::vector{first, twin};
                        }),
               20);
}
void unread(Rule& rule) {
  for (const Op& op : every_example()) {
    const Graph before = graph_of(op.info->example().in, [&](Graph& g, auto in) {
      std::vector<Value> results(in.begin(), in.end());
      g.add(op, results);
      if (results.empty()) results.push_back(number(g, 1));
      return results;
    });
    const Graph after = rule.fired(before);
    rule.same_bits(before, after, 3);
    for (Value v : after.topological()) CHECK(v.op() == nullptr);
  }
}

Graph of_both(const Shape& shape) {
  const Type type{DType::f32, shape};
  return graph_of({type, type}, [](Graph&, auto in) { return std::vector{when_training(in[0], in[1])}; });
}
void in_training(Rule& rule) {
  for (const Shape& shape : small_shapes()) rule.holds(of_both(shape));
}
/// `inference` changes what the graph means, to this.
void in_use(Rule& rule) {
  for (const Shape& shape : small_shapes()) {
    const Type type{DType::f32, shape};
    const Graph wanted = graph_of({type, type}, [](Graph&, auto in) { return std::vector{in[1]}; });
    rule.same_bits(wanted, rule.fired(of_both(shape)), 600);
  }
}
Graph with_update(const Shape& shape, bool read) {
  Graph graph("proof");
  const Value x = graph.input("x", {DType::f32, shape}), state = graph.state("state", {DType::f32, shape});
  graph.output("y", read ? x + state : relu(x));
  graph.update(state, x * x);
  return graph;
}
void no_update(Rule& rule) {
  for (const Shape& shape : small_shapes()) {
    const Graph before = with_update(shape, true), after = rule.fired(before);
    CHECK(after.updates().empty());
    const Type type{DType::f32, shape};
    rule.same_bits(graph_of({type, type}, [](Graph&, auto in) { return std::vector{in[0] + in[1]}; }), after, 600);
  }
}
void no_state(Rule& rule) {
  for (const Shape& shape : small_shapes()) {
    const Graph after = rule.fired(with_update(shape, false));
    CHECK_FALSE(after.find("state"));
    rule.same_bits(graph_of({{DType::f32, shape}}, [](Graph&, auto in) { return std::vector{relu(in[0])}; }), after,
                   17);
  }
}

/// What the compiled program makes of a graph whose inputs hold every pair of special values.
std::vector<std::vector<float>> run(const Graph& graph, Isa isa) {
  Pool pool(1);
  States states;
  Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
  const Values<float> leaves = [&] {
    Values<float> made;
    std::size_t each = 1;
    for (Value v : graph.topological()) {
      if (v.node().leaf != Leaf::input) continue;
      auto& bytes = made[v.id];
      bytes.resize(v.type().bytes());
      for (std::size_t i = 0; i < v.type().shape.elements(); ++i)
        std::memcpy(&bytes[i * 4], &special[i / each % special.size()], 4);
      each = special.size();
    }
    return made;
  }();
  for (const auto& [id, bytes] : leaves) program.bind_input(graph.find(id).node().name, bytes.data());
  program.run();
  std::vector<std::vector<float>> made;
  for (const auto& [name, v] : graph.outputs()) {
    const auto bytes = program.output(name);
    made.emplace_back(v.type().shape.elements());
    std::memcpy(made.back().data(), bytes.data(), bytes.size());
  }
  return made;
}
bool same(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t k = 0; k < a[i].size(); ++k)
      if (std::isnan(a[i][k]) ? !std::isnan(b[i][k]) : std::memcmp(&a[i][k], &b[i][k], sizeof(float)) != 0)
        return false;
  return true;
}
std::vector<Op> works(std::size_t operands) {
  std::vector<Op> found;
  const Shape shape = shape_of<2, 3>;
  for (const OpInfo* info : every_op()) {
    if (!info->elementwise() || info->variadic || info->operands != operands) continue;
    const Inferred made = info->example().op.type(std::vector<Type>(operands, Type{DType::f32, shape}));
    if (made.ok() && made.type == Type{DType::f32, shape}) found.push_back(info->example().op);
  }
  return found;
}
/// The reference knows no steps: here the program's own bits, in one step and in several, must agree. Both results are
/// handed out, so that the step stores what lies between as well.
void one_step(Rule& rule) {
  const auto holds = [&](const Graph& before) {
    const Graph after = rule.fired(before);
    for (const Isa isa : {Isa::portable, best_isa()})
      if (!same(run(before, isa), run(after, isa))) FAIL("one step makes other bits of\n" << print(before));
  };
  constexpr std::size_t n = special.size();
  const Type line{DType::f32, shape_of<n * n>};
  for (const Op& f : works(1))
    for (const Op& g : works(1))
      holds(graph_of({{DType::f32, shape_of<n>}}, [&](Graph&, auto in) {
        const Value inner = emit(f, {in[0]});
        return std::vector{inner, emit(g, {inner})};
      }));
  for (const Op& f : works(2))
    for (const Op& g : works(2))
      holds(graph_of({line, line}, [&](Graph&, auto in) {
        return std::vector{emit(g, {emit(f, {in[0], in[1]}), in[1]})};
      }));
  // Sums, means and maxima of all, of rows and of columns.
  const Type matrix{DType::f32, shape_of<n, n>};
  for (const Op& f : works(2))
    for (const Shape& to : {Shape{}, shape_of<n>, shape_of<n, 1>, shape_of<1, 1>})
      holds(graph_of({matrix, matrix}, [&](Graph&, auto in) {
        const Value inner = emit(f, {in[0], in[1]});
        return std::vector{emit(SumTo{to}, {inner}), emit(Mean{to}, {inner}), emit(MaxTo{to}, {inner})};
      }));
  for (const Op& g : works(1))
    holds(graph_of({f32<n, 2>, f32<2, n>}, [&](Graph&, auto in) {
      const Value product = matmul(in[0], in[1]);
      return std::vector{product, emit(g, {product})};
    }));
}

constexpr std::array proofs{
    Proof{"fold_constants", "f(constants) => constant", constants},
    Proof{"merge_duplicates", "f(x), f(x) => f(x)", twins},
    Proof{"remove_unused", "unread => nothing", unread},
    Proof{"training", "when_training(x, y) => x", in_training},
    Proof{"inference", "when_training(x, y) => y", in_use},
    Proof{"inference", "a state's update => nothing", no_update},
    Proof{"inference", "a state that nothing reads => nothing", no_state},
    Proof{"group_elementwise", "f(x), g(f(x)) => one step", one_step},
};

}  // namespace

std::span<const Proof> graph_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("every rule that holds for any op holds for every op there is") { prove(graph_proofs()); }
