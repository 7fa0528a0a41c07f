// move_dequantize and integer_products: codes of eight and four bits, one zero and a zero for each group, every small
// size, groups that divide an axis and that do not.
#include "tests/rule_proof.hpp"

namespace vitrine {

namespace {

/// A weight in few bits as a graph has it.
struct FewBits {
  int bits;
  bool asymmetric;
  std::size_t group;

  /// Codes of this shape in groups along an axis, as numbers; states are named after `name`.
  Value in(Graph& graph, const std::string& name, const Shape& shape, int axis) const {
    const std::size_t size = shape[axis].size;
    const Shape by_group = shape.with(axis, groups_of(size, group));
    const auto step = static_cast<std::int64_t>(group);
    Value codes;
    if (bits == 4) {
      const Value bytes = graph.state(name + ".codes", {DType::u8, shape.with(axis, int4_bytes(size, group))});
      codes = emit(UnpackInt4{axis, step, shape[axis]}, {bytes});
    } else {
      codes = graph.state(name + ".codes", {asymmetric ? DType::u8 : DType::i8, shape});
    }
    const Value scales = graph.state(name + ".scales", {DType::bf16, by_group});
    if (!asymmetric) return emit(Dequantize<false>{axis, step, bits == 4 ? 8 : 0}, {codes, scales});
    return emit(Dequantize<true>{axis, step}, {codes, scales, graph.state(name + ".zeros", {DType::u8, by_group})});
  }
};
constexpr std::array every_format{FewBits{8, false, 2}, FewBits{4, true, 3}, FewBits{4, false, 2}, FewBits{4, true, 2}};

void picked_rows(Rule& rule) {
  for (const FewBits& format : every_format)
    for (int axis = 0; axis <= 1; ++axis)
      for (std::size_t groups_lie_along = 1; groups_lie_along <= 5; ++groups_lie_along)
        for (const Shape& index : {Shape{}, shape_of<2>, shape_of<2, 1>}) {
          Graph graph("proof");
          const Shape shape = axis == 1 ? Shape{} << 3 << groups_lie_along : Shape{} << groups_lie_along << 3;
          const Value table = format.in(graph, "w", shape, axis);
          graph.output("y", gather(table, graph.input("i", {DType::i32, index}), 1 - axis));
          rule.holds(graph, 40);
        }
}

void side_by_side(Rule& rule) {
  for (const FewBits& format : every_format)
    for (int axis = 0; axis <= 1; ++axis)
      for (std::size_t K = 1; K <= 5; ++K)
        for (std::size_t N = 0; N <= 3; ++N) {
          Graph graph("proof");
          const auto part = [&](const char* name, std::size_t wide) {
            return format.in(graph, name, axis == 0 ? Shape{} << K << wide : Shape{} << wide << K, axis);
          };
          graph.output("y", graph.add(Concat{1 - axis}, {part("a", N), part("b", 2), part("c", 1)}));
          rule.holds(graph, 40);
        }
}

void called_otherwise(Rule& rule) {
  const Axis in{"in", 5}, out{"out", 3}, width{"width", 5};
  for (const FewBits& format : every_format)
    for (const Shape& to : {shape_of<5, 3>, Shape{} << width << out, Shape{} << width << Axis{"other", 3}}) {
      Graph graph("proof");
      graph.output("y", emit(Rename{to}, {format.in(graph, "w", Shape{} << in << out, 0)}));
      rule.holds(graph, 40);
    }
}

/// Both are the same sums; before they are of floats, which are rounded at every step.
void products(Rule& rule, bool asymmetric, bool fires_on_what_is_left) {
  for (const FewBits& format : every_format) {
    if (format.asymmetric != asymmetric) continue;
    for (const bool turned : {false, true})
      for (const std::int64_t row_bits : {8, 16})
        for (std::size_t M = 1; M <= 2; ++M)
          for (std::size_t K = 1; K <= 5; ++K)
            for (std::size_t N = 0; N <= 3; ++N) {
              Graph graph("proof");
              const Value x = graph.input("x", {DType::f32, Shape{} << M << K});
              const Value w = format.in(graph, "w", turned ? Shape{} << N << K : Shape{} << K << N, turned ? 1 : 0);
              graph.output("y", emit(Matmul{false, turned}, {emit(FakeQuantize{row_bits}, {x}), w}));
              rule.holds_but_for_rounding(graph, 2e-6, 60);
              if (fires_on_what_is_left && rule.graphs() > 40) return;
            }
  }
}
void by_codes(Rule& rule) { products(rule, false, false); }
void by_codes_with_zeros(Rule& rule) { products(rule, true, false); }
void left_over(Rule& rule) { products(rule, false, true); }

constexpr std::array proofs{
    Proof{"move_dequantize", "gather(dequantize(c, s), i) => dequantize(gather(c, i), gather(s, i))", picked_rows},
    Proof{"move_dequantize", "concat(dequantize(c, s), dequantize(d, t)) => dequantize(concat(c, d), concat(s, t))",
          side_by_side},
    Proof{"move_dequantize", "rename(dequantize(c, s)) => dequantize(rename(c), rename(s))", called_otherwise},
    Proof{"integer_products", "matmul(fake_quantize(x), dequantize(c, s)) => quantized_matmul(x, c, s)", by_codes},
    Proof{"integer_products",
          "matmul(fake_quantize(x), dequantize_asymmetric(c, s, z)) => quantized_matmul_asymmetric(x, c, s, z)",
          by_codes_with_zeros},
    Proof{"integer_products", "what only the product read => nothing", left_over}};

}  // namespace

std::span<const Proof> few_bits_proofs() { return proofs; }

}  // namespace vitrine

using namespace vitrine;

TEST_CASE("codes are moved in the place of numbers, and products of codes are the products of what they stand for") {
  prove(few_bits_proofs());
}
