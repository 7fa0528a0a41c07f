// fold_transposes and move_permutes: every order of up to four axes, and every flag of a product.
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

/// Shapes for orders of axes: all small ones; of rank 4 those whose axes are told apart, and one with none of them.
std::vector<Shape> shapes_of_rank(int rank) {
  if (rank < 4) return small_shapes(rank, rank);
  return {shape_of<1, 2, 3, 2>, shape_of<3, 2, 1, 2>, shape_of<2, 0, 3, 1>};
}

Graph reordered_twice(const Shape& shape, const Op& first, const Op& second) {
  return graph_of({{DType::f32, shape}},
                  [&](Graph&, auto in) { return std::vector{emit(second, {emit(first, {in[0]})})}; });
}

void transpose_of_transpose(Rule& rule) {
  for (int rank = 2; rank <= 4; ++rank)
    for (const Shape& shape : shapes_of_rank(rank)) rule.holds(reordered_twice(shape, Transpose{}, Transpose{}), 17);
}
bool in_place(const Positions& order) {
  for (int i = 0; i < order.size(); ++i)
    if (order[i] != i) return false;
  return true;
}
bool swaps_last_two(const Positions& order) {
  const int rank = order.size();
  for (int i = 0; i < rank; ++i)
    if (order[i] != (i < rank - 2 ? i : 2 * rank - 3 - i)) return false;
  return true;
}
void permute_of_permute(Rule& rule) {
  for (int rank = 1; rank <= 4; ++rank)
    for (const Shape& shape : shapes_of_rank(rank))
      for (const Positions& first : every_order(rank)) {
        const auto after_it = [&](const Op& second) {
          const Graph graph = reordered_twice(shape, Permute{first}, second);
          // A first permute that changes nothing, or is a transpose, has been dealt with by its own rule before the
          // second is looked at.
          const bool by_its_own = in_place(first) || (as<Transpose>(&second) && swaps_last_two(first));
          by_its_own ? rule.same_bits_by_any_rule(graph) : rule.holds(graph, 1);
        };
        for (const Positions& second : every_order(rank)) after_it(Permute{second});
        if (rank < 2) continue;
        after_it(Transpose{});
        rule.holds(reordered_twice(shape, Transpose{}, Permute{first}), 1);
      }
}
void permute_in_place(Rule& rule) {
  for (int rank = 1; rank <= 4; ++rank)
    for (const Shape& shape : shapes_of_rank(rank))
      for (const Positions& order : every_order(rank))
        if (in_place(order))
          rule.holds(graph_of({{DType::f32, shape}},
                              [&](Graph&, auto in) { return std::vector{emit(Permute{order}, {in[0]})}; }),
                     17);
}
void permute_as_transpose(Rule& rule) {
  for (int rank = 2; rank <= 4; ++rank)
    for (const Shape& shape : shapes_of_rank(rank))
      for (const Positions& order : every_order(rank))
        if (swaps_last_two(order))
          rule.holds(graph_of({{DType::f32, shape}},
                              [&](Graph&, auto in) { return std::vector{emit(Permute{order}, {in[0]})}; }),
                     17);
}

/// Products of every size, with every flag and a transpose before either operand or both.
void product_of_transposes(Rule& rule) {
  const auto visit = [&](const Shape& batch, bool shared) {
    for (const Shape& size : small_shapes(3, 3))
      for (unsigned bits = 0; bits < 16; ++bits) {
        const bool left = bits & 1, right = bits & 2, before_left = bits & 4, before_right = bits & 8;
        if (!before_left && !before_right) continue;
        const std::size_t m = size[0].size, k = size[1].size, n = size[2].size;
        const auto matrix = [&](std::size_t rows, std::size_t columns, bool turned, bool in_batch) {
          Shape s = in_batch ? batch : Shape{};
          return Type{DType::f32, turned ? s << columns << rows : s << rows << columns};
        };
        // A flag and a transpose undo each other in what must be given.
        rule.holds(graph_of({matrix(m, k, left != before_left, true), matrix(k, n, right != before_right, !shared)},
                            [&](Graph&, auto in) {
                              const Value a = before_left ? transpose(in[0]) : in[0];
                              const Value b = before_right ? transpose(in[1]) : in[1];
                              return std::vector{emit(Matmul{left, right}, {a, b})};
                            }),
                   size.elements() == 0 ? 1 : 12);
      }
  };
  visit({}, true);
  visit(shape_of<2>, true);
  visit(shape_of<2>, false);
}

/// permute(f(permute(x), ...)), which must become f(x, ...), for f of every elementwise op and every order of axes.
Graph between_permutes(const OpInfo& info, const Shape& shape, const Positions& order, bool back) {
  const ErasedExample example = info.example();
  std::vector<Type> types;
  for (const Type& t : example.in) types.push_back({t.dtype, shape});
  return graph_of(types, [&](Graph& g, auto in) {
    std::vector<Value> turned;
    for (Value v : in) turned.push_back(emit(Permute{order}, {v}));
    const Value made = g.add(example.op, turned);
    return std::vector{back ? emit(Permute{order.inverse()}, {made}) : made};
  });
}
bool takes_one_shape(const OpInfo& info) {
  std::vector<Type> types;
  for (const Type& t : info.example().in) types.push_back({t.dtype, shape_of<2, 3>});
  return info.elementwise() && info.operands > 0 && &info != &vitrine::info<BroadcastTo>() &&
         info.example().op.type(types).ok();
}
void work_between_permutes(Rule& rule) {
  for (const OpInfo* op : every_op()) {
    if (!takes_one_shape(*op)) continue;
    for (int rank = 2; rank <= 4; ++rank)
      for (const Positions& order : every_order(rank))
        rule.holds(between_permutes(*op,
                                    rank == 2   ? shape_of<2, 3>
                                    : rank == 3 ? shape_of<2, 3, 1>
                                                : shape_of<2, 1, 3, 2>,
                                    order, true),
                   12);
  }
  // Every shape with one op.
  for (int rank = 1; rank <= 4; ++rank)
    for (const Shape& shape : shapes_of_rank(rank))
      for (const Positions& order : every_order(rank))
        rule.holds(between_permutes(vitrine::info<Sub>(), shape, order, true), 20);
  // Two operands are permuted and nothing turns the result back: two permutes go and one comes, where sizes tell the
  // axes apart and where they do not. And a number, which has no axes.
  for (const Shape& shape : small_shapes(3, 3))
    for (const Positions& order : every_order(3))
      rule.holds(between_permutes(vitrine::info<Sub>(), shape, order, false), 20);
  for (const Positions& order : every_order(3))
    rule.holds(graph_of({f32<1, 2, 3>, f32<>}, [&](Graph&, auto in) {
      const Value turned = emit(Permute{order}, {in[0]});
      return std::vector{emit(Permute{order.inverse()}, {in[1] - turned * in[1]})};
    }));
}

constexpr std::array proofs{
    Proof{"fold_transposes", "transpose(transpose(x)) => x", transpose_of_transpose},
    Proof{"fold_transposes", "permute(permute(x)) => permute(x)", permute_of_permute},
    Proof{"fold_transposes", "permute(x) to the order it has => x", permute_in_place},
    Proof{"fold_transposes", "permute(x) of the last two axes => transpose(x)", permute_as_transpose},
    Proof{"fold_transposes", "matmul(transpose(a), b) => matmul(a, b) with a flag", product_of_transposes},
    Proof{"move_permutes", "f(permute(x)) => permute(f(x))", work_between_permutes},
    Proof{"move_permutes", "permute(permute(x)) => x",
          [](Rule& rule) {
            for (int rank = 2; rank <= 4; ++rank)
              for (const Shape& shape : shapes_of_rank(rank))
                for (const Positions& order : every_order(rank))
                  rule.holds(between_permutes(vitrine::info<Relu>(), shape, order, true), 3);
          }},
};

}  // namespace

std::span<const Proof> layout_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("every rule on transposes and permutes holds for every order of up to four axes") { prove(layout_proofs()); }
