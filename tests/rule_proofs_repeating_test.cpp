// repeat_producers: every cheap op before a difference that waits for its mean, before several sums of a product, and
// masks with every number of readers.
#include "compiler/kernel_nodes.hpp"
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

/// Elementwise ops on numbers that the pass takes for cheap.
std::vector<Op> cheap_ops(std::size_t operands) {
  std::vector<Op> found;
  for (const Op& op : std::initializer_list<Op>{Neg{}, Abs{}, Relu{}, Add{}, Sub{}, Mul{}, Maximum{}, Minimum{}})
    if (op.info->operands == operands) found.push_back(op);
  return found;
}

/// The first operand is a tensor, the second a row of it.
Graph with_mean_and_columns(const Op& op, const Shape& shape, bool product) {
  const std::size_t rows = shape[0].size, columns = shape[1].size;
  Graph graph("proof");
  Value x = graph.input("x", {DType::f32, shape});
  const Value row = graph.input("row", {DType::f32, Shape{} << columns});
  if (product) x = matmul(x, graph.input("w", {DType::f32, Shape{} << columns << columns}));
  const Value f = op.info->operands == 1 ? emit(op, {x}) : emit(op, {x, row});
  const Shape of_rows = Shape{} << rows << 1, of_columns = Shape{} << columns;
  graph.output("y", f - emit(Mean{of_rows}, {f}));
  if (product) graph.output("sums", emit(SumTo{of_columns}, {x}));
  if (product) graph.output("z", emit(SumTo{of_columns}, {f * row}));
  return graph;
}

void computed_for_each_step(Rule& rule) {
  for (const std::size_t operands : {1, 2})
    for (const Op& op : cheap_ops(operands))
      for (const bool product : {false, true})
        for (std::size_t rows = 2; rows <= 4; ++rows)
          for (std::size_t columns = 2; columns <= 3; ++columns)
            rule.holds(with_mean_and_columns(op, Shape{} << rows << columns, product), 300);
}

void a_mask_for_each(Rule& rule) {
  for (const Shape& shape : small_shapes())
    for (std::size_t readers = 2; readers <= 4; ++readers)
      rule.holds(graph_of({{DType::f32, shape}, {DType::f32, shape}},
                          [&](Graph&, auto in) {
                            const Value mask = greater(in[0], in[1]);
                            std::vector<Value> made{where(mask, in[0], in[1]), where(mask, in[1], in[0]),
                                                    where(mask, in[0], in[0] + in[1]),
                                                    where(mask, in[1] * in[0], in[0])};
                            made.resize(readers);
                            return made;
                          }),
                 100);
}

constexpr std::array proofs{
    Proof{"repeat_producers", "f(x), g(f(x)), h(f(x)) => f(x) in the step of g, and in that of h",
          computed_for_each_step},
    Proof{"repeat_producers", "a mask that several read => one for each of them", a_mask_for_each},
};

}  // namespace

std::span<const Proof> repeating_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("what is computed again for another step has the same bits, for every cheap op and small shape") {
  prove(repeating_proofs());
}

TEST_CASE("masks that several read are repeated until each has one reader") {
  Graph graph("masks");
  const Type four{DType::f32, shape_of<4>};
  const Value x = graph.input("x", four), y = graph.input("y", four);
  const Value inner = greater(x, y), outer = logical_and(inner, greater(y, x));
  graph.output("a", where(outer, x, y));
  graph.output("b", where(outer, y, x));
  optimize(graph, passes_named("repeat_producers"), {});
  std::size_t masks = 0;
  for (Value v : graph.topological())
    if (is_mask(v)) {
      ++masks;
      CHECK(graph.users(v).size() == 1);
    }
  CHECK(masks == 6);  // two of the outer one, and for each of them both that it is made of
}
