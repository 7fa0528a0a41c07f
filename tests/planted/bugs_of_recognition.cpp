// Functions that are told by what they compute, and the wrong op put in their place.
#include "tests/planted/planted_bug.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

constexpr const char* shares = R"(graph g {
  input %x : f32[3, 5]
  %1 = max_to(%x) {to = [3, 1]} : f32[3, 1]
  %2 = sub(%x, %1) : f32[3, 5]
  %3 = exp(%2) : f32[3, 5]
  %4 = sum_to(%3) {to = [3, 1]} : f32[3, 1]
  %5 = div(%3, %4) : f32[3, 5]
  output y = %5
})";
constexpr const char* normed = R"(graph g {
  input %x : f32[3, 5]
  %1 = mean(%x) {to = [3, 1]} : f32[3, 1]
  %2 = variance(%x) {to = [3, 1]} : f32[3, 1]
  %3 = add(%2, 1e-05) : f32[3, 1]
  %4 = sqrt(%3) : f32[3, 1]
  %5 = sub(%x, %1) : f32[3, 5]
  %6 = div(%5, %4) : f32[3, 5]
  output y = %6
})";
constexpr const char* scaled = R"(graph g {
  input %x : f32[3, 5]
  %1 = mul(%x, %x) : f32[3, 5]
  %2 = mean(%1) {to = [3, 1]} : f32[3, 1]
  %3 = add(%2, 1e-05) : f32[3, 1]
  %4 = sqrt(%3) : f32[3, 1]
  %5 = div(%x, %4) : f32[3, 5]
  output y = %5
})";
constexpr const char* loss = R"(graph g {
  input %x : f32[3, 5]
  input %c : i32[3]
  %2 = log_softmax(%x) : f32[3, 5]
  %3 = one_hot(%c) {along = 5} : f32[3, 5]
  %4 = mul(%2, %3) : f32[3, 5]
  %5 = mean(%4) : f32[]
  output y = %5
})";
constexpr const char* attended = R"(graph g {
  input %q : f32[2, 3, 4]
  input %k : f32[2, 3, 4]
  input %v : f32[2, 3, 4]
  constant %3 = [true, false, false, true, true, false, true, true, true] : bool[3, 3]
  %4 = mul(%q, 0.5) : f32[2, 3, 4]
  %5 = matmul(%4, %k) {transpose_right = true} : f32[2, 3, 3]
  %6 = where(%3, %5, -inf) : f32[2, 3, 3]
  %7 = softmax(%6) : f32[2, 3, 3]
  %8 = matmul(%7, %v) : f32[2, 3, 4]
  output y = %8
})";

/// The loss of each row in what was put in place of all of them.
Value with_other_loss(Value by, Value (*other)(Value x, Value c)) {
  if (as<CrossEntropy>(by)) return other(by.operands()[0], by.operands()[1]);
  if (!by.op()) return by;
  std::vector<Value> operands = by.operands();
  for (Value& operand : operands) operand = with_other_loss(operand, other);
  return by.graph->add(*by.op(), operands);
}
template <class Change> Value other_attention(Value by, Change change) {
  const auto* op = as<Attention>(by);
  return op ? change(*op, by.operands()[0], by.operands()[1], by.operands()[2]) : Value{};
}

}  // namespace

std::vector<PlantedBug> bugs_of_recognition() {
  return {
      {"softmax is told and the maximum forgotten", "recognize_rows", shares,
       [](Planted& p) {
         plant_replacement(p, "recognize_rows", [](Value, Value by) {
           const Value e = exp(by.operands()[0]);
           return e / emit(SumTo{e.type().shape.with(-1, 1)}, {e});
         });
       }},
      {"softmax is told for its logarithm", "recognize_rows", shares,
       [](Planted& p) {
         plant_replacement(p, "recognize_rows", [](Value, Value by) { return emit(LogSoftmax{}, {by.operands()[0]}); });
       }},
      {"a norm is told with another epsilon", "recognize_rows", normed,
       [](Planted& p) {
         plant_replacement(p, "recognize_rows",
                           [](Value, Value by) { return emit(RowNorm<true>{1e-6f}, {by.operands()[0]}); });
       }},
      {"layer_norm is told where rms_norm is meant", "recognize_rows", scaled,
       [](Planted& p) {
         plant_replacement(p, "recognize_rows",
                           [](Value, Value by) { return emit(RowNorm<true>{1e-5f}, {by.operands()[0]}); });
       }},
      {"the loss is told of classes in another order", "recognize_cross_entropy", loss,
       [](Planted& p) {
         plant_replacement(p, "recognize_cross_entropy", [](Value, Value by) {
           return with_other_loss(by, [](Value x, Value c) { return emit(CrossEntropy{}, {emit(Flip{1}, {x}), c}); });
         });
       }},
      {"a mean over classes is not divided by them", "recognize_cross_entropy", loss,
       [](Planted& p) {
         plant_replacement(p, "recognize_cross_entropy", [](Value, Value by) { return -by.operands()[0]; });
       }},
      {"the loss is taken of shares and not of scores", "recognize_cross_entropy", loss,
       [](Planted& p) {
         plant_replacement(p, "recognize_cross_entropy", [](Value, Value by) {
           return with_other_loss(by, [](Value x, Value c) { return emit(CrossEntropy{}, {emit(Softmax{}, {x}), c}); });
         });
       }},
      {"the scale of attention is forgotten", "recognize_attention", attended,
       [](Planted& p) {
         plant_replacement(p, "recognize_attention", [](Value, Value by) {
           return other_attention(by, [](Attention op, Value q, Value k, Value v) {
             return emit(Attention{1.f, op.causal, op.window}, {q, k, v});
           });
         });
       }},
      {"the scale of attention is taken twice", "recognize_attention", attended,
       [](Planted& p) {
         plant_replacement(p, "recognize_attention", [](Value, Value by) {
           return other_attention(by, [](Attention op, Value q, Value k, Value v) {
             return emit(op, {q * 0.5f, k, v});
           });
         });
       }},
      {"a causal mask is told for none", "recognize_attention", attended,
       [](Planted& p) {
         plant_replacement(p, "recognize_attention", [](Value, Value by) {
           return other_attention(by, [](Attention op, Value q, Value k, Value v) {
             return emit(Attention{op.scale, false, op.window}, {q, k, v});
           });
         });
       }},
      {"a causal mask is told as one of a key less", "recognize_attention", attended,
       [](Planted& p) {
         plant_replacement(p, "recognize_attention", [](Value, Value by) {
           return other_attention(by, [](Attention op, Value q, Value k, Value v) {
             return emit(Attention{op.scale, true, 2}, {q, k, v});
           });
         });
       }},
      {"attention reads its keys for its values", "recognize_attention", attended,
       [](Planted& p) {
         plant_replacement(p, "recognize_attention", [](Value, Value by) {
           return other_attention(by, [](Attention op, Value q, Value k, Value) { return emit(op, {q, k, k}); });
         });
       }},
  };
}

}  // namespace vitrine
