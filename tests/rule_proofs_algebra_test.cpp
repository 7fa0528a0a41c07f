// simplify_algebra: every identity for all small shapes and all special values, and for every identity that it refuses
// a value that shows why.
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

using Unary = Value (*)(Value);

Graph unary(const Shape& shape, Unary build) {
  return graph_of({{DType::f32, shape}}, [&](Graph&, auto in) { return std::vector{build(in[0])}; });
}
/// The number in every element of a tensor of this shape.
Value filled(Graph& graph, const Shape& shape, float number) {
  Constant made{{DType::f32, shape}, std::vector<std::byte>(shape.elements() * sizeof number)};
  for (std::size_t i = 0; i < shape.elements(); ++i)
    std::memcpy(&made.bytes[i * sizeof number], &number, sizeof number);
  return graph.constant(made);
}
bool is_wider(const Shape& wide, const Shape& narrow) {
  return broadcasts(wide, narrow) && broadcast(wide, narrow) == wide;
}

void for_all_shapes(Rule& rule, Unary build) {
  for (const Shape& shape : small_shapes()) rule.holds(unary(shape, build));
}
/// x beside a number of any shape that it is at least as wide as; a number that is wider keeps x from going.
template <float Number, bool OnLeft, class O> void beside_number(Rule& rule) {
  for (const Shape& x : small_shapes())
    for (const Shape& n : small_shapes()) {
      if (!broadcasts(x, n) || n.elements() == 0) continue;
      const Graph graph = graph_of({{DType::f32, x}}, [&](Graph& g, auto in) {
        const Value number = filled(g, n, Number);
        return std::vector{OnLeft ? emit(O{}, {number, in[0]}) : emit(O{}, {in[0], number})};
      });
      is_wider(x, n) ? rule.holds(graph) : rule.stays(graph);
    }
}
/// What the rule would make, for every shape that has an element.
void refused_for_all_shapes(Rule& rule, Unary build, Unary wrong) {
  for (const Shape& shape : small_shapes())
    if (shape.elements() > 0) rule.refused(unary(shape, build), unary(shape, wrong));
}
Value all_of(Value x, float number) { return filled(*x.graph, x.type().shape, number); }

void mask_of_relu(Rule& rule) {
  for (const Shape& shape : small_shapes()) {
    rule.holds(graph_of({{DType::f32, shape}}, [](Graph&, auto in) {
      return std::vector{relu(in[0]), greater(in[0], 0.f)};
    }));
    // The other zero is larger than no other number either, but it is not what the rule is about.
    rule.stays(graph_of({{DType::f32, shape}}, [](Graph&, auto in) {
      return std::vector{relu(in[0]), greater(in[0], -0.f)};
    }));
  }
}

void layout_to_what_it_was(Rule& rule) {
  for (const Shape& shape : small_shapes()) {
    rule.holds(graph_of({{DType::f32, shape}},
                        [&](Graph&, auto in) {
                          return std::vector{emit(Rename{shape}, {in[0]}), emit(Reshape{shape}, {in[0]}),
                                             emit(BroadcastTo{shape}, {in[0]})};
                        }),
               17);
    for (std::int64_t axis = 0; axis < shape.rank(); ++axis) {
      const auto size = static_cast<std::int64_t>(shape[static_cast<int>(axis)].size);
      for (const Op& op : {Op(Slice{axis, 0, size, 1}), Op(Pad{axis, 0, 0, 0, 0.5f})})
        if (op.type(std::array{Type{DType::f32, shape}}).ok())
          rule.holds(graph_of({{DType::f32, shape}}, [&](Graph&, auto in) { return std::vector{emit(op, {in[0]})}; }),
                     17);
    }
  }
  // A slice or a padding that leaves the sizes and moves the elements must stay.
  rule.stays(graph_of({f32<3>}, [](Graph&, auto in) { return std::vector{emit(Flip{0}, {in[0]})}; }));
}

Shape named(Shape s, const std::array<Axis, 3>& names, unsigned which) {
  for (int i = 0; i < s.rank(); ++i)
    if (which >> i & 1) {
      Axis axis = names[static_cast<std::size_t>(i)];
      axis.size = s[i].size;
      s = s.with(i, axis);
    }
  return s;
}
void rename_of_rename(Rule& rule) {
  const std::array<Axis, 3> first{Axis{"a", 1}, Axis{"b", 1}, Axis{"c", 1}},
      second{Axis{"d", 1}, Axis{"e", 1}, Axis{"f", 1}};
  for (const Shape& shape : small_shapes(1))
    for (unsigned one = 1; one < 1u << shape.rank(); ++one)
      for (unsigned other = 1; other < 1u << shape.rank(); ++other)
        rule.holds(graph_of({{DType::f32, shape}},
                            [&](Graph&, auto in) {
                              return std::vector{emit(Rename{named(shape, second, other)},
                                                      {emit(Rename{named(shape, first, one)}, {in[0]})})};
                            }),
                   2);
}
void reshape_of_reshape(Rule& rule) {
  const auto shapes = small_shapes();
  for (const Shape& from : shapes)
    for (const Shape& over : shapes)
      for (const Shape& to : shapes) {
        const std::size_t n = from.elements();
        if (over.elements() != n || to.elements() != n || from == over || over == to) continue;
        if (n == 0 && (from.rank() == 3 || over.rank() == 3 || to.rank() == 3)) continue;  // 90,000 of no element
        rule.holds(
            graph_of({{DType::f32, from}},
                     [&](Graph&, auto in) { return std::vector{emit(Reshape{to}, {emit(Reshape{over}, {in[0]})})}; }),
            1);
      }
  const Shape names = shape_of<Axis{"a", 2}, Axis{"b", 3}>;
  rule.holds(graph_of({f32<2, 3>}, [&](Graph&, auto in) {
    return std::vector{emit(Reshape{shape_of<6>}, {emit(Rename{names}, {in[0]})})};
  }));
}
void reshape_of_a_number(Rule& rule) {
  const auto shapes = small_shapes();
  for (const Shape& over : shapes)
    for (const Shape& to : shapes)
      if (over != to && over.elements() == to.elements() && !over.empty())
        rule.holds(graph_of({{DType::f32, {}}},
                            [&](Graph&, auto in) {
                              return std::vector{emit(Reshape{to}, {emit(BroadcastTo{over}, {in[0]})})};
                            }),
                   17);
}
void flip_of_flip(Rule& rule) {
  for (const Shape& shape : small_shapes(1))
    for (std::int64_t axis = 0; axis < shape.rank(); ++axis)
      for (std::int64_t other = 0; other < shape.rank(); ++other) {
        const Graph graph = graph_of({{DType::f32, shape}}, [&](Graph&, auto in) {
          return std::vector{emit(Flip{axis}, {emit(Flip{other}, {in[0]})})};
        });
        axis == other ? rule.holds(graph, 17) : rule.stays(graph);
      }
}

void broadcast_operand(Rule& rule) {
  const auto over = [](const Op& op, const std::vector<Type>& types, std::size_t at, const Shape& whole) {
    return graph_of(types, [&](Graph& g, auto in) {
      std::vector<Value> operands(in.begin(), in.end());
      operands[at] = emit(BroadcastTo{whole}, {in[at]});
      return std::vector{g.add(op, operands)};
    });
  };
  // One op, every pair of shapes, on either side.
  for (const Shape& whole : small_shapes())
    for (const Shape& x : small_shapes()) {
      if (x == whole || !is_wider(whole, x)) continue;
      rule.holds(over(Sub{}, {{DType::f32, x}, {DType::f32, whole}}, 0, whole), 50);
      rule.holds(over(Sub{}, {{DType::f32, whole}, {DType::f32, x}}, 1, whole), 50);
    }
  // Every op, at each operand, every pair of special values: one along each axis.
  constexpr int n = special.size();
  const Shape whole = shape_of<n, n>;
  for (const OpInfo* info : every_op()) {
    if (!info->elementwise() || info->variadic || info->operands < 2) continue;
    const ErasedExample example = info->example();
    for (std::size_t at = 0; at < info->operands; ++at) {
      if (example.in[at].dtype != DType::f32) continue;
      for (const Shape& x : {shape_of<n>, shape_of<n, 1>}) {
        std::vector<Type> types;
        for (const Type& t : example.in) types.push_back({t.dtype, whole});
        std::vector<Type> given = types;
        given[at].shape = x;
        if (!example.op.type(types).ok() || !example.op.type(given).ok()) continue;
        rule.holds(over(example.op, given, at, whole), 34);
      }
    }
  }
}

constexpr std::array proofs{
    Proof{"simplify_algebra", "x * 1 => x", beside_number<1.f, false, Mul>},
    Proof{"simplify_algebra", "1 * x => x", beside_number<1.f, true, Mul>},
    Proof{"simplify_algebra", "x / 1 => x", beside_number<1.f, false, Div>},
    Proof{"simplify_algebra", "x - 0 => x", beside_number<0.f, false, Sub>},
    Proof{"simplify_algebra", "x + -0 => x", beside_number<-0.f, false, Add>},
    Proof{"simplify_algebra", "-0 + x => x", beside_number<-0.f, true, Add>},
    Proof{"simplify_algebra", "pow(x, 1) => x", beside_number<1.f, false, Pow>},
    Proof{"simplify_algebra", "pow(x, 2) => x * x", beside_number<2.f, false, Pow>},
    Proof{"simplify_algebra", "pow(x, -1) => 1 / x", beside_number<-1.f, false, Pow>},
    Proof{"simplify_algebra", "neg(neg(x)) => x", [](Rule& r) { for_all_shapes(r, [](Value x) { return -(-x); }); }},
    Proof{"simplify_algebra", "relu(relu(x)) => relu(x)",
          [](Rule& r) { for_all_shapes(r, [](Value x) { return relu(relu(x)); }); }},
    Proof{"simplify_algebra", "abs(abs(x)) => abs(x)",
          [](Rule& r) { for_all_shapes(r, [](Value x) { return abs(abs(x)); }); }},
    Proof{"simplify_algebra", "abs(neg(x)) => abs(x)",
          [](Rule& r) { for_all_shapes(r, [](Value x) { return abs(-x); }); }},
    Proof{"simplify_algebra", "greater(x, 0) => greater(relu(x), 0)", mask_of_relu},
    Proof{"simplify_algebra", "a change of layout to what it was => nothing", layout_to_what_it_was},
    Proof{"simplify_algebra", "rename(rename(x)) => rename(x)", rename_of_rename},
    Proof{"simplify_algebra", "reshape(reshape(x)) => reshape(x)", reshape_of_reshape},
    Proof{"simplify_algebra", "reshape(broadcast_to(number)) => broadcast_to(number)", reshape_of_a_number},
    Proof{"simplify_algebra", "flip(flip(x)) => x", flip_of_flip},
    Proof{"simplify_algebra", "f(broadcast_to(x), y) => f(x, y)", broadcast_operand},

    // Those that it refuses.
    Proof{"simplify_algebra", "x * 0 => 0",
          [](Rule& r) {
            const Unary nothing = [](Value x) { return all_of(x, 0); };
            refused_for_all_shapes(
                r, [](Value x) { return x * 0.f; }, nothing);
            refused_for_all_shapes(
                r, [](Value x) { return 0.f * x; }, nothing);
          }},
    Proof{"simplify_algebra", "x / x => 1",
          [](Rule& r) {
            refused_for_all_shapes(
                r, [](Value x) { return x / x; }, [](Value x) { return all_of(x, 1); });
          }},
    Proof{"simplify_algebra", "x - x => 0",
          [](Rule& r) {
            refused_for_all_shapes(
                r, [](Value x) { return x - x; }, [](Value x) { return all_of(x, 0); });
          }},
    Proof{"simplify_algebra", "x + 0 => x",
          [](Rule& r) {
            refused_for_all_shapes(
                r, [](Value x) { return x + 0.f; }, [](Value x) { return x; });
            refused_for_all_shapes(
                r, [](Value x) { return 0.f + x; }, [](Value x) { return x; });
          }},
    Proof{"simplify_algebra", "sum_to(x) of its own shape => x",
          [](Rule& r) {
            refused_for_all_shapes(
                r, [](Value x) { return emit(SumTo{x.type().shape}, {x}); }, [](Value x) { return x; });
          }},
};

}  // namespace

std::span<const Proof> algebra_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE(
    "every identity of simplify_algebra holds for all small shapes and special values, and what it refuses does not") {
  prove(algebra_proofs());
}

TEST_CASE("an identity that holds for all but one float is no identity: x - -0, x * -1 and pow(x, 0.5) stay") {
  Rule rule("simplify_algebra", "none");
  for (const Shape& shape : small_shapes())
    for (const Unary build : {Unary([](Value x) { return x - -0.f; }), Unary([](Value x) { return x * -1.f; }),
                              Unary([](Value x) { return pow(x, 0.5f); }), Unary([](Value x) { return 0.f - x; })})
      rule.stays(unary(shape, build));
}
