// Codes read with another group's scale, a zero forgotten, four bits taken from the wrong half of a byte.
#include "tests/planted/planted_bug.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

constexpr const char* product = R"(graph g {
  input %x : f32[4, 8]
  state %codes : u8[4, 6]
  state %scales : bf16[2, 6]
  %1 = unpack_int4(%codes) {axis = 0, group = 4, to = 8} : u8[8, 6]
  %2 = dequantize(%1, %scales) {axis = 0, group = 4, zero = 8} : f32[8, 6]
  %3 = fake_quantize(%x) {bits = 16} : f32[4, 8]
  %4 = matmul(%3, %2) : f32[4, 6]
  output y = %4
})";

constexpr const char* table = R"(graph g {
  input %index : i32[3]
  state %codes : i8[5, 8]
  state %scales : bf16[5, 2]
  %1 = dequantize(%codes, %scales) {axis = 1, group = 4, zero = 0} : f32[5, 8]
  %2 = gather(%1, %index) {axis = 0} : f32[3, 8]
  output y = %2
})";

/// The product with a changed attribute, in the place of what integer_products makes.
void plant_product(Planted& planted, QuantizedMatmul<false> (*wrong)(QuantizedMatmul<false>)) {
  planted.replacement = [wrong](std::string_view pass, Value, Value by) {
    const auto* const made = pass == "integer_products" ? as<QuantizedMatmul<false>>(by) : nullptr;
    return made ? by.graph->add(wrong(*made), by.operands()) : by;
  };
}

}  // namespace

std::vector<PlantedBug> bugs_of_few_bits() {
  return {
      {"a product by codes forgets the zero", "integer_products", product,
       [](Planted& p) {
         plant_product(p, [](QuantizedMatmul<false> made) {
           made.zero = 0;
           return made;
         });
       }},
      {"rows meet codes with 8 bits and not with 16", "integer_products", product,
       [](Planted& p) {
         plant_product(p, [](QuantizedMatmul<false> made) {
           made.row_bits = 8;
           return made;
         });
       }},
      {"picked rows of codes get the scales of other rows", "move_dequantize", table,
       [](Planted& p) {
         p.replacement = [](std::string_view pass, Value, Value by) {
           if (pass != "move_dequantize" || !as<Dequantize<false>>(by)) return by;
           const Value scales = by.operands()[1];
           if (!as<Gather>(scales)) return by;
           const Value first = emit(Slice{0, 0, 3, 1}, {scales.operands()[0]});
           return by.graph->add(*by.op(), {by.operands()[0], first});
         };
       }},
  };
}

}  // namespace vitrine
