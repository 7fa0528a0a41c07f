// A product of rows in few bits by a weight in few bits is a product of whole numbers, which is exact, and a scale for
// each group and row: the weight is never made as floats.
//   matmul(fake_quantize(x), dequantize(c, s))                 =>   quantized_matmul(x, c, s)
//   matmul(fake_quantize(x), dequantize_asymmetric(c, s, z))   =>   quantized_matmul_asymmetric(x, c, s, z)
// with {transpose_right} as the product has it, and {bits = 4} where the codes are unpacked from bytes.
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "vitrine/ops/fake_quantize.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/quantized_matmul.hpp"
#include "vitrine/ops/unpack_int4.hpp"

namespace vitrine {

namespace {

constexpr std::string_view symmetric = "matmul(fake_quantize(x), dequantize(c, s)) => quantized_matmul(x, c, s)",
                           asymmetric =
                               "matmul(fake_quantize(x), dequantize_asymmetric(c, s, z)) => "
                               "quantized_matmul_asymmetric(x, c, s, z)";

/// What a weight's codes lie in: for codes of four bits, the bytes.
struct Codes {
  Value value;
  std::int64_t bits;
};
Codes codes_of(Value weight, std::int64_t group) {
  const Value codes = weight.operands()[0];
  const auto* const unpacked = as<UnpackInt4>(codes);
  if (!unpacked || unpacked->group != group) return {codes, 8};
  return {codes.operands()[0], 4};
}

class Products {
 public:
  explicit Products(Rewriter& rewriter) : rewriter_(rewriter) {}

  void visit(Value product) {
    const Value rows = product.operands()[0], weight = product.operands()[1];
    const auto* const plain = as<Dequantize<false>>(weight);
    const auto* const zeros = as<Dequantize<true>>(weight);
    if (!plain && !zeros) return;
    const std::string_view rule = plain ? symmetric : asymmetric;
    const auto* const rounded = as<FakeQuantize>(rows);
    if (!rounded)
      return refuse(
          product, rule, [&] { return name_of(rows) + " is not in few bits"; },
          "fake_quantize around what the weight meets");
    const bool turned = as<Matmul>(product)->transpose_right;
    if (as<Matmul>(product)->transpose_left || weight.type().shape.rank() != 2 ||
        (plain ? plain->axis : zeros->axis) != (turned ? 1 : 0))
      return refuse(product, rule, "groups do not lie along the axis that is added up",
                    "groups along the weight's inner axis");
    const Codes codes = codes_of(weight, plain ? plain->group : zeros->group);
    std::vector<Value> operands{rows.operands()[0], codes.value};
    operands.insert(operands.end(), weight.operands().begin() + 1, weight.operands().end());
    const Op made = plain ? Op(QuantizedMatmul<false>{turned, plain->group, codes.bits, plain->zero, rounded->bits})
                          : Op(QuantizedMatmul<true>{turned, zeros->group, codes.bits, rounded->bits});
    std::vector<Type> types;
    for (Value v : operands) types.push_back(v.type());
    const Inferred type = made.type(types);
    if (!type.ok())
      return refuse(
          product, rule, [&] { return type.why.str(); }, "smaller groups, or rows of 8 bits");
    rewriter_.replace(product, renamed(product.graph->add(made, operands), product.type().shape), rule);
    sweep({product, rows, weight, weight.operands()[0]});
  }

 private:
  void refuse(Value product, std::string_view rule, Wording reason, Wording suggestion) {
    rewriter_.refuse(product, rule, reason, suggestion);
  }
  /// What nothing reads any more is not to become a step.
  void sweep(const std::vector<Value>& read) {
    for (Value v : read)
      if (v.op() && v.node().alive && !is_used(v)) rewriter_.erase(v, "unread => nothing");
  }

  Rewriter& rewriter_;
};

}  // namespace

void integer_products(Graph& graph, Rewriter& rewriter) {
  Products products(rewriter);
  for (Value v : graph.topological())
    if (as<Matmul>(v) && is_used(v)) products.visit(v);
}

}  // namespace vitrine
