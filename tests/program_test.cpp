#include "runtime/program.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "compiler/compile.hpp"
#include "compiler/passes.hpp"
#include "compiler/reference.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/random.hpp"
#include "vitrine/ops.hpp"

using namespace vitrine;

namespace {

using Bytes = std::vector<std::byte>;

Bytes copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

template <class T> Bytes bytes_of(const std::vector<T>& numbers) { return copy_of(std::as_bytes(std::span(numbers))); }

std::vector<float> floats_of(std::span<const std::byte> bytes) {
  std::vector<float> made(bytes.size() / sizeof(float));
  std::memcpy(made.data(), bytes.data(), bytes.size());
  return made;
}

/// Numbers for an input: floats in (-1, 1], small whole numbers, masks.
Bytes some_elements(const std::string& name, const Type& type) {
  const RandomStream random(11, stream_of(name));
  const std::size_t count = type.shape.elements();
  if (type.dtype == DType::f32) {
    std::vector<float> made(count);
    for (std::size_t i = 0; i < count; ++i) made[i] = 2 * random.uniform(i) - 1;
    return bytes_of(made);
  }
  if (type.dtype == DType::i32) {
    std::vector<std::int32_t> made(count);
    for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<std::int32_t>(4 * random.uniform(i) * 0.999f);
    return bytes_of(made);
  }
  std::vector<std::uint8_t> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = random.uniform(i) > 0.5f;
  return bytes_of(made);
}

/// What a program leaves behind: outputs, then states, after some runs.
struct Trace {
  std::map<std::string, Bytes> outputs, states;
  bool operator==(const Trace&) const = default;
};

Trace run(const Graph& graph, int threads, Isa isa, int runs) {
  Pool pool(threads);
  States states(5);
  Program program(compile(graph, CpuTarget(isa)), states, pool, isa);
  std::map<std::string, Bytes> inputs;
  for (const auto& [name, type] : program.plan().inputs) {
    inputs[name] = some_elements(name, type);
    program.bind_input(name, inputs[name].data());
  }
  for (int i = 0; i < runs; ++i) program.run();
  Trace made;
  for (const NamedSlot& output : program.plan().outputs)
    made.outputs[output.name] = copy_of(program.output(output.name));
  for (const std::string& name : states.names()) made.states[name] = copy_of(states.bytes(name));
  return made;
}

/// The same by the reference, without plan, groups or kernels.
Trace run_reference(const Graph& graph, int runs) {
  States states(5);
  Plan names;
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state)
      names.states.emplace_back(v.node().name, v.type()), names.initial.push_back(v.node().init);
  states.add(names);
  Values<float> leaves;
  for (Value v : graph.topological()) {
    if (v.node().leaf == Leaf::input) leaves[v.id] = some_elements(v.node().name, v.type());
    if (v.node().leaf == Leaf::state) leaves[v.id] = copy_of(states.bytes(v.node().name));
  }
  Trace made;
  for (int i = 0; i < runs; ++i) {
    const Values<float> values = evaluate<float>(graph, leaves);
    for (const auto& [name, v] : graph.outputs()) made.outputs[name] = values.at(v.id);
    for (const auto& [state, next] : graph.updates()) leaves[state.id] = values.at(next.id);
  }
  for (Value v : graph.topological())
    if (v.node().leaf == Leaf::state) made.states[v.node().name] = leaves[v.id];
  return made;
}

void check_close(const std::map<std::string, Bytes>& made, const std::map<std::string, Bytes>& wanted,
                 const Graph& graph) {
  REQUIRE(made.size() == wanted.size());
  for (const auto& [name, bytes] : wanted) {
    INFO(graph.name() << ": " << name);
    REQUIRE(made.at(name).size() == bytes.size());
    const Value leaf = graph.find(name);
    if (leaf && leaf.type().dtype != DType::f32) {
      CHECK(made.at(name) == bytes);
      continue;
    }
    const std::vector<float> a = floats_of(made.at(name)), b = floats_of(bytes);
    bool near = a.size() == b.size();  // element by element: a maximum would step over NaN
    for (std::size_t i = 0; near && i < a.size(); ++i) near = std::abs(a[i] - b[i]) < 1e-5f * (1 + std::abs(b[i]));
    CHECK(near);
  }
}

/// The promise of every test here: the program does what the graph says, with one set of bits for any number of
/// threads, before the passes and after them, on every instruction set this machine has. Every pass says `exact`, and
/// grouping shows only in a program, so the passes may not change a bit of what it makes.
void check_program(Graph graph, int runs = 3) {
  const Trace wanted = run_reference(graph, runs);
  std::map<Isa, Trace> before;
  for (const bool optimized : {false, true}) {
    if (optimized) optimize(graph);
    for (const Isa isa : all_isas()) {
      const Trace alone = run(graph, 1, isa, runs);
      check_close(alone.outputs, wanted.outputs, graph);
      check_close(alone.states, wanted.states, graph);
      for (const int threads : {2, 4}) CHECK(run(graph, threads, isa, runs) == alone);
      CHECK(before.try_emplace(isa, alone).first->second == alone);
    }
  }
}

constexpr Init normal_init{Init::Rule::normal, 0.3f};

}  // namespace

TEST_CASE("a program does what the graph says: a chain, one step after the other and as one") {
  Graph graph("chain");
  const Value x = graph.input("x", f32<37, 29>), b = graph.input("b", f32<29>);
  graph.output("y", tanh(exp(x * 0.5f) + b) / (1.f + abs(x)));
  check_program(graph);
}

TEST_CASE("a program does what the graph says: a layer, its gradient's products and an update in place") {
  Graph graph("layer");
  const Value x = graph.input("x", f32<40, 70>), w = graph.state("w", f32<70, 33>, normal_init),
              b = graph.state("b", f32<33>);
  const Value h = relu(matmul(x, w) + b), dw = matmul(transpose(x), h), db = sum_to(h, shape_of<33>);
  graph.update(w, w - 0.01f * dw);
  graph.update(b, b - 0.01f * db);
  graph.output("h", h);
  check_program(graph);
}

TEST_CASE("a program does what the graph says: products of transposed, broadcast and batched matrices") {
  Graph graph("products");
  const Value a = graph.input("a", f32<3, 2, 17, 23>), b = graph.input("b", f32<3, 2, 23, 19>),
              w = graph.input("w", f32<23, 19>);
  const Value row = graph.input("row", f32<19>), position = graph.input("position", f32<17, 19>),
              batch = graph.input("batch", f32<3, 1, 1, 1>);
  graph.output("batched", tanh(matmul(a, b) * batch + row));
  graph.output("shared", relu(matmul(a, w) + row));
  graph.output("positions", matmul(a, w) + position);
  graph.output("right", matmul(a, transpose(transpose(b))));
  graph.output("turned", emit(Matmul{true, false}, {a, matmul(a, w)}));
  graph.output("left", emit(Matmul{true, false}, {a, position}));
  graph.output("both", emit(Matmul{true, true}, {transpose(a), transpose(b)}) * 2.f);
  graph.output("repeated", matmul(a, broadcast_to(row, shape_of<23, 19>)));
  check_program(graph);
}

TEST_CASE("a program does what the graph says: sums in every form, and means") {
  Graph graph("sums");
  const Value x = graph.input("x", f32<5, 6, 7>), large = graph.input("large", f32<100, 130>);
  graph.output("all", sum(x));
  graph.output("mean", mean(large) * 3.f);
  graph.output("first", sum_to(x, shape_of<6, 7>));
  graph.output("middle", sum_to(x, shape_of<5, 1, 7>));
  graph.output("last", sum_to(x, shape_of<5, 6, 1>));
  graph.output("ends", sum_to(x, shape_of<1, 6, 1>));
  graph.output("two", sum_to(x, shape_of<7>));
  graph.output("turned", sum_to(transpose(x), shape_of<7, 6>));
  graph.output("same", sum_to(x, shape_of<5, 6, 7>) + 1.f);
  check_program(graph);
}

TEST_CASE("a program does what the graph says: softmax and cross entropy with what follows them") {
  Graph graph("losses");
  const Value x = graph.input("x", f32<31, 4>), label = graph.input("label", i32<31>);
  graph.output("loss", cross_entropy(x, label));
  graph.output("y", (softmax(transpose(transpose(x))) - emit(OneHot{4}, {label})) * 0.5f);
  check_program(graph);
}

TEST_CASE("a program does what the graph says: masks and integers") {
  Graph graph("masks");
  const Value x = graph.input("x", f32<9, 8>), mask = graph.input("mask", boolean<9, 8>), n = graph.input("n", i32<8>);
  graph.output("y", where(greater(x, 0.f), exp(x), -x) + 1.f);
  graph.output("z", where(mask, x * 2.f, 0.f) * x);
  graph.output("n", cast<DType::f32>(n + n) * x);
  graph.output("m", greater(x, 0.25f));
  check_program(graph);
}

TEST_CASE("a program does what the graph says: layouts that are views and layouts that copy") {
  Graph graph("layouts");
  const Value x = graph.input("x", f32<6, 8>), n = graph.input("n", i32<3, 4>);
  const Value folded = emit(Reshape{shape_of<2, 3, 8>}, {x}), refolded = emit(Reshape{shape_of<4, 12>}, {transpose(x)});
  graph.output("a", transpose(folded) + 1.f);
  graph.output("b", refolded);
  graph.output("c", emit(Rename{Shape{} << Axis{"row", 6} << Axis{"column", 8}}, {x}));
  graph.output("d", broadcast_to(sum_to(x, shape_of<1, 8>), shape_of<6, 8>));
  graph.output("e", broadcast_to(number(graph, 3), shape_of<5>));
  graph.output("f", x);
  graph.output("g", transpose(n));
  check_program(graph);
}

TEST_CASE("states are read before they are updated: counters, swaps, old and new values as outputs") {
  Graph graph("states");
  const Value a = graph.state("a", f32<5, 3>, normal_init), b = graph.state("b", f32<5, 3>, normal_init);
  const Value c = graph.state("c", f32<5, 3>, normal_init), square = graph.state("square", f32<3, 3>, normal_init);
  const Value step = graph.state("step", i32<>);
  Constant one{i32<>, Bytes(4)};
  one.bytes[0] = std::byte{1};
  graph.update(a, b);
  graph.update(b, a);
  const Value next = tanh(c + a);
  graph.update(c, next);
  graph.update(step, step + graph.constant(one));
  graph.update(square, transpose(square));
  graph.output("old", c);
  graph.output("new", next);
  graph.output("both", next * c);
  graph.output("time", cast<DType::f32>(step));
  check_program(graph, 4);
}

TEST_CASE("a whole step of a network, several results to a step, gives the reference's numbers") {
  Graph graph("network");
  const Value x = graph.input("x", f32<64, 50>), label = graph.input("label", i32<64>);
  const Value w = graph.state("w", f32<50, 40>, normal_init), v = graph.state("v", f32<40, 4>, normal_init),
              m = graph.state("m", f32<40, 4>);
  const Value z = matmul(x, w), h = gelu(z), y = matmul(h, v);
  const Value dy = (softmax(y) - emit(OneHot{4}, {label})) * emit(graph, InverseSize{shape_of<64>});
  const Value dv = matmul(transpose(h), dy), dz = matmul(dy, transpose(v)) * (1.f - tanh(z) * tanh(z));
  const Value momentum = 0.9f * m + dv;
  graph.update(m, momentum);
  graph.update(v, v - 0.5f * momentum);
  graph.update(w, w - 0.5f * matmul(transpose(x), dz));
  graph.output("loss", cross_entropy(y, label));
  graph.output("z", z);
  graph.output("h", h);
  check_program(graph, 5);
}

TEST_CASE("random graphs, grouped by the passes, give the reference's numbers") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    const RandomStream random(seed, 1);
    std::uint64_t draw = 0;
    const auto pick = [&](std::size_t n) {
      return static_cast<std::size_t>(random.uniform(draw++) * 0.9999f * static_cast<float>(n));
    };
    Graph graph("random " + std::to_string(seed));
    std::vector<Value> values{graph.input("x", f32<12, 12>), graph.state("s", f32<12, 12>, normal_init)};
    for (int i = 0; i < 16; ++i) {
      const Value a = values[values.size() - 1 - pick(std::min<std::size_t>(values.size(), 5))],
                  b = values[pick(values.size())];
      switch (pick(9)) {
        case 0: values.push_back(matmul(a, b) * 0.2f); break;
        case 1: values.push_back(transpose(a)); break;
        case 2: values.push_back(tanh(a)); break;
        case 3: values.push_back(softmax(a)); break;
        case 4: values.push_back(a - sum_to(b, shape_of<12>) * 0.1f); break;
        case 5: values.push_back(relu(a) + tanh(b)); break;
        case 6: values.push_back(where(greater(a, b), a, sin(b))); break;
        case 7: values.push_back(a + broadcast_to(mean(b), shape_of<12, 12>)); break;
        default: values.push_back(tanh(a * b));
      }
    }
    graph.update(values[1], tanh(values.back()));
    for (const std::size_t back : {2u, 5u, 9u, 13u})
      graph.output("y" + std::to_string(back), values[values.size() - back]);
    INFO("seed " << seed);
    check_program(graph, 2);
  }
}
