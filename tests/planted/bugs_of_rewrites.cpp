// Rules that fire where they should, and put the wrong thing there.
#include <cmath>
#include <cstring>

#include "tests/planted/planted_bug.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

/// Bytes of a constant with its first number changed.
Value other_constant(Value by, float (*change)(float)) {
  if (by.node().leaf != Leaf::constant || by.type().dtype != DType::f32) return {};
  std::vector<std::byte> bytes = *by.node().literal;
  float x = 0;
  std::memcpy(&x, bytes.data(), sizeof x);
  x = change(x);
  std::memcpy(bytes.data(), &x, sizeof x);
  return by.graph->constant({by.type(), bytes});
}
/// The same op on the same operands, in the other order.
Value swapped(Value v) { return v.graph->add(*v.op(), {v.operands()[1], v.operands()[0]}); }

constexpr const char* transposed = R"(graph g {
  input %x : f32[3, 3]
  state %w : f32[3, 3] = normal(1.0)
  %2 = transpose(%w) : f32[3, 3]
  %3 = matmul(%x, %2) : f32[3, 3]
  %4 = tanh(%3) : f32[3, 3]
  output y = %4
})";
constexpr const char* negated = R"(graph g {
  input %x : f32[3, 5]
  %1 = tanh(%x) : f32[3, 5]
  %2 = neg(%1) : f32[3, 5]
  %3 = neg(%2) : f32[3, 5]
  %4 = exp(%3) : f32[3, 5]
  output y = %4
})";
constexpr const char* pooled = R"(graph g {
  input %x : f32[2, 4, 4, 3]
  input %dy : f32[2, 2, 2, 3]
  %2 = relu(%x) : f32[2, 4, 4, 3]
  %3 = max_pool2d(%2) {window = 2x2, stride = 2x2, padding = 0x0} : f32[2, 2, 2, 3]
  %4 = max_pool2d_place(%2) {window = 2x2, stride = 2x2, padding = 0x0} : u8[2, 2, 2, 3]
  %5 = max_pool2d_scatter(%dy, %4) {window = 2x2, stride = 2x2, padding = 0x0, to = [2, 4, 4, 3]} : f32[2, 4, 4, 3]
  %6 = greater(%2, 0.0) : bool[2, 4, 4, 3]
  %7 = where(%6, %5, 0.0) : f32[2, 4, 4, 3]
  output y = %3
  output dx = %7
})";
constexpr const char* scattered = R"(graph g {
  input %x : f32[2, 4, 4, 3]
  input %dy : f32[2, 2, 2, 5]
  input %y : f32[2, 4, 4, 5]
  %3 = max_pool2d_place(%y) {window = 2x2, stride = 2x2, padding = 0x0} : u8[2, 2, 2, 5]
  %4 = max_pool2d_scatter(%dy, %3) {window = 2x2, stride = 2x2, padding = 0x0, to = [2, 4, 4, 5]} : f32[2, 4, 4, 5]
  %5 = conv2d_weight_gradient(%x, %4) {stride = 1x1, padding = 1x1, groups = 1, to = [3, 3, 3, 5]} : f32[3, 3, 3, 5]
  output dw = %5
})";
constexpr const char* scaled = R"(graph g {
  input %x : f32[8, 3]
  state %w : f32[3, 4] = normal(0.5)
  state %b : f32[4] = normal(1.0)
  state %gain : f32[4] = normal(1.0)
  state %shift : f32[4] = normal(1.0)
  %5 = matmul(%x, %w) : f32[8, 4]
  %6 = add(%5, %b) : f32[8, 4]
  %7 = mul(%6, %gain) : f32[8, 4]
  %8 = add(%7, %shift) : f32[8, 4]
  output y = %8
})";
constexpr const char* permuted = R"(graph g {
  input %x : f32[2, 2, 2]
  %1 = permute(%x) {order = [1, 2, 0]} : f32[2, 2, 2]
  %2 = tanh(%1) : f32[2, 2, 2]
  %3 = permute(%2) {order = [2, 0, 1]} : f32[2, 2, 2]
  output y = %3
})";

}  // namespace

std::vector<PlantedBug> bugs_of_rewrites() {
  return {
      {"the transpose of a weight is forgotten", "fold_transposes", transposed,
       [](Planted& p) {
         plant_replacement(p, "fold_transposes", [](Value v, Value) {
           return as<Matmul>(v) ? matmul(v.operands()[0], v.operands()[1].operands()[0]) : Value{};
         });
       }},
      {"the other operand is read transposed", "fold_transposes", transposed,
       [](Planted& p) {
         plant_replacement(p, "fold_transposes", [](Value v, Value by) {
           return as<Matmul>(v) ? emit(Matmul{true, false}, {by.operands()[0], by.operands()[1]}) : Value{};
         });
       }},
      {"two permutes are merged in the wrong order", "fold_transposes",
       R"(graph g {
  input %x : f32[2, 2, 2]
  %1 = permute(%x) {order = [1, 2, 0]} : f32[2, 2, 2]
  %2 = permute(%1) {order = [0, 2, 1]} : f32[2, 2, 2]
  output y = %2
})",
       [](Planted& p) {
         plant_replacement(p, "fold_transposes", [](Value v, Value) {
           return as<Permute>(v) && as<Permute>(v.operands()[0])
                      ? emit(Permute{{2, 1, 0}}, {v.operands()[0].operands()[0]})
                      : Value{};
         });
       }},
      {"of two signs that cancel one is kept", "simplify_algebra", negated,
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra",
                           [](Value v, Value) { return as<Neg>(v) ? v.operands()[0] : Value{}; });
       }},
      {"abs(neg(x)) becomes x", "simplify_algebra",
       "graph g {\n input %x : f32[3, 5]\n %1 = neg(%x) : f32[3, 5]\n %2 = abs(%1) : f32[3, 5]\n output y = %2\n}",
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra",
                           [](Value v, Value) { return as<Abs>(v) ? v.operands()[0].operands()[0] : Value{}; });
       }},
      {"a square becomes a double", "simplify_algebra",
       "graph g {\n input %x : f32[3, 5]\n %1 = pow(%x, 2.0) : f32[3, 5]\n output y = %1\n}",
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra",
                           [](Value v, Value) { return as<Pow>(v) ? v.operands()[0] + v.operands()[0] : Value{}; });
       }},
      {"a reciprocal becomes a negative", "simplify_algebra",
       "graph g {\n input %x : f32[3, 5]\n %1 = pow(%x, -1.0) : f32[3, 5]\n output y = %1\n}",
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra",
                           [](Value v, Value) { return as<Pow>(v) ? -v.operands()[0] : Value{}; });
       }},
      {"the mask of a relu lets 0 through", "simplify_algebra",
       "graph g {\n input %x : f32[3, 5]\n %1 = relu(%x) : f32[3, 5]\n %2 = greater(%x, 0.0) : bool[3, 5]\n"
       " output y = %1\n output mask = %2\n}",
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra", [](Value v, Value by) {
           return as<Greater>(v) ? emit(GreaterEqual{}, {by.operands()[0], by.operands()[1]}) : Value{};
         });
       }},
      {"min for max where an operand need not be broadcast", "simplify_algebra",
       "graph g {\n input %x : f32[5]\n input %y : f32[3, 5]\n %2 = broadcast_to(%x) {to = [3, 5]} : f32[3, 5]\n"
       " %3 = maximum(%2, %y) : f32[3, 5]\n output y = %3\n}",
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra", [](Value v, Value by) {
           return as<Maximum>(v) ? minimum(by.operands()[0], by.operands()[1]) : Value{};
         });
       }},
      {"a reshape keeps the elements of another order", "simplify_algebra",
       "graph g {\n input %x : f32[2, 3]\n %1 = reshape(%x) {to = [3, 2]} : f32[3, 2]\n"
       " %2 = reshape(%1) {to = [2, 3]} : f32[2, 3]\n %3 = tanh(%2) : f32[2, 3]\n output y = %3\n}",
       [](Planted& p) {
         plant_replacement(p, "simplify_algebra",
                           [](Value v, Value by) { return as<Reshape>(v) ? emit(Flip{0}, {by}) : Value{}; });
       }},
      {"a folded constant is off by one unit in the last place", "fold_constants",
       "graph g {\n input %x : f32[3]\n %1 = mul(0.1, 0.7) : f32[]\n %2 = mul(%x, %1) : f32[3]\n output y = %2\n}",
       [](Planted& p) {
         plant_replacement(p, "fold_constants", [](Value, Value by) {
           return other_constant(by, [](float x) { return std::nextafter(x, 9.f); });
         });
       }},
      {"a folded constant loses the sign of its zero", "fold_constants",
       "graph g {\n input %x : f32[3]\n %1 = neg(0.0) : f32[]\n %2 = div(%x, %1) : f32[3]\n output y = %2\n}",
       [](Planted& p) {
         plant_replacement(p, "fold_constants",
                           [](Value, Value by) { return other_constant(by, [](float x) { return std::abs(x); }); });
       }},
      {"relu behind a pool is lost", "pool_before_relu", pooled,
       [](Planted& p) {
         plant_replacement(p, "pool_before_relu",
                           [](Value v, Value by) { return as<MaxPool2d>(v) ? by.operands()[0] : Value{}; });
       }},
      {"the mask on the way back through a pool is lost", "pool_before_relu", pooled,
       [](Planted& p) {
         plant_replacement(p, "pool_before_relu",
                           [](Value v, Value) { return as<Where>(v) ? v.operands()[1] : Value{}; });
       }},
      {"behind a pool a weight's gradient is taken of a kernel turned upside down", "keep_to_maxima", scattered,
       [](Planted& p) { plant_replacement(p, "keep_to_maxima", [](Value, Value by) { return emit(Flip{0}, {by}); }); }},
      {"what was permuted away stays permuted", "move_permutes", permuted,
       [](Planted& p) {
         plant_replacement(p, "move_permutes", [](Value v, Value by) {
           return as<Tanh>(v) ? tanh(v.operands()[0].operands()[0]) : transpose(by);
         });
       }},
      {"a folded bias is not scaled", "fold_batch_norm", scaled,
       [](Planted& p) {
         plant_replacement(p, "fold_batch_norm", [](Value v, Value by) {
           return by.operands()[0] + v.graph->find("b") + v.graph->find("shift");
         });
       }},
      {"a folded bias is dropped", "fold_batch_norm", scaled,
       [](Planted& p) { plant_replacement(p, "fold_batch_norm", [](Value, Value by) { return by.operands()[0]; }); }},
      {"a folded scale is off by a hundredth of a percent", "fold_batch_norm", scaled,
       [](Planted& p) { plant_replacement(p, "fold_batch_norm", [](Value, Value by) { return by * 1.0001f; }); }},
      {"training takes the branch of a model in use", "training",
       "graph g {\n input %x : f32[3, 5]\n %1 = tanh(%x) : f32[3, 5]\n %2 = when_training(%1, %x) : f32[3, 5]\n"
       " output y = %2\n}",
       [](Planted& p) { plant_replacement(p, "training", [](Value v, Value) { return v.operands()[1]; }); }},
      {"a difference is the other way round", "merge_duplicates",
       "graph g {\n input %x : f32[3]\n input %y : f32[3]\n %2 = sub(%x, %y) : f32[3]\n %3 = sub(%x, %y) : f32[3]\n"
       " %4 = mul(%2, %3) : f32[3]\n %5 = exp(%3) : f32[3]\n output y = %4\n output z = %5\n}",
       [](Planted& p) {
         plant_replacement(p, "merge_duplicates", [](Value v, Value) { return as<Sub>(v) ? swapped(v) : Value{}; });
       }},
      {"the reader of a copy reads it turned round", "repeat_producers",
       "graph g {\n input %x : f32[4, 8]\n %1 = mul(%x, 0.5) : f32[4, 8]\n %2 = mean(%1) {to = [4, 1]} : f32[4, 1]\n"
       " %3 = sub(%1, %2) : f32[4, 8]\n output y = %3\n}",
       [](Planted& p) {
         plant_replacement(p, "repeat_producers", [](Value, Value by) { return as<Sub>(by) ? swapped(by) : Value{}; });
       }},
      {"a copy is made of the first operand twice", "repeat_producers",
       "graph g {\n input %x : f32[4, 8]\n input %y : f32[8]\n %1 = mul(%x, %y) : f32[4, 8]\n"
       " %2 = mean(%1) {to = [4, 1]} : f32[4, 1]\n %3 = sub(%1, %2) : f32[4, 8]\n output y = %3\n}",
       [](Planted& p) {
         plant_replacement(p, "repeat_producers", [](Value, Value by) {
           const Value x = by.operands()[0].operands().at(0);
           return emit(*by.op(), {x * x, by.operands()[1]});
         });
       }},
  };
}

}  // namespace vitrine
