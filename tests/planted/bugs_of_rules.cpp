// Rules that fire where they must not: identities of numbers that floats do not keep, twins that are none, dropped
// bounds.
#include "compiler/is_number.hpp"
#include "tests/planted/planted_bug.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

Value operand(Value v, std::size_t i) { return v.operands()[i]; }

constexpr const char* two_dropouts = R"(graph g {
  input %x : f32[4, 8]
  input %seed : i32[2]
  input %step : i32[]
  %3 = dropout(%x, %seed, %step) {rate = 0.5, stream = 1} : f32[4, 8]
  %4 = dropout(%x, %seed, %step) {rate = 0.5, stream = 2} : f32[4, 8]
  %5 = sub(%3, %4) : f32[4, 8]
  output y = %5
})";

/// The first node of op O beside v.
template <class O> Value another(Value v) {
  for (Value other : v.graph->topological())
    if (as<O>(other) && other != v) return other;
  return {};
}

}  // namespace

std::vector<PlantedBug> bugs_of_rules() {
  return {
      {"x * 0 is taken for 0", "simplify_algebra",
       "graph g {\n input %x : f32[3]\n %1 = exp(%x) : f32[3]\n %2 = mul(%1, 0.0) : f32[3]\n output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<Mul>(v) && is_number(operand(v, 1), 0) ? broadcast_to(operand(v, 1), v.type().shape) : Value{};
         });
       }},
      {"x - x is taken for 0", "simplify_algebra",
       "graph g {\n input %x : f32[3]\n %1 = exp(%x) : f32[3]\n %2 = sub(%1, %1) : f32[3]\n output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<Sub>(v) && operand(v, 0) == operand(v, 1) ? broadcast_to(number(*v.graph, 0), v.type().shape)
                                                               : Value{};
         });
       }},
      {"x / x is taken for 1", "simplify_algebra",
       "graph g {\n input %x : f32[3]\n %1 = exp(%x) : f32[3]\n %2 = div(%1, %1) : f32[3]\n output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<Div>(v) && operand(v, 0) == operand(v, 1) ? broadcast_to(number(*v.graph, 1), v.type().shape)
                                                               : Value{};
         });
       }},
      {"x + 0 is taken for x", "simplify_algebra",
       "graph g {\n input %x : f32[3]\n %1 = add(%x, 0.0) : f32[3]\n %2 = div(1.0, %1) : f32[3]\n output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra",
                    [](Value v) { return as<Add>(v) && is_number(operand(v, 1), 0) ? operand(v, 0) : Value{}; });
       }},
      {"a clip loses its upper bound", "simplify_algebra",
       "graph g {\n input %x : f32[5]\n %1 = maximum(%x, -1.0) : f32[5]\n %2 = minimum(%1, 1.0) : f32[5]\n"
       " output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra",
                    [](Value v) { return as<Minimum>(v) && as<Maximum>(operand(v, 0)) ? operand(v, 0) : Value{}; });
       }},
      {"a cast to whole numbers and back is skipped", "simplify_algebra",
       "graph g {\n input %x : f32[5]\n %1 = mul(%x, 3.0) : f32[5]\n %2 = cast(%1) {to = i32} : i32[5]\n"
       " %3 = cast(%2) {to = f32} : f32[5]\n output y = %3\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<Cast>(v) && as<Cast>(operand(v, 0)) ? operand(operand(v, 0), 0) : Value{};
         });
       }},
      {"a sum is taken in another order by a pass that says exact", "simplify_algebra",
       "graph g {\n input %x : f32[9]\n input %y : f32[9]\n input %z : f32[9]\n %3 = add(%x, %y) : f32[9]\n"
       " %4 = add(%3, %z) : f32[9]\n output y = %4\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<Add>(v) && as<Add>(operand(v, 0))
                      ? operand(operand(v, 0), 0) + (operand(operand(v, 0), 1) + operand(v, 1))
                      : Value{};
         });
       }},
      {"the offsets of two slices are not added", "simplify_algebra",
       "graph g {\n input %x : f32[6]\n %1 = slice(%x) {axis = 0, begin = 1, end = 6, step = 1} : f32[5]\n"
       " %2 = slice(%1) {axis = 0, begin = 2, end = 4, step = 1} : f32[2]\n output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<Slice>(v) && as<Slice>(operand(v, 0)) ? emit(*v.op(), {operand(operand(v, 0), 0)}) : Value{};
         });
       }},
      {"a choice is turned round where its operands tie", "simplify_algebra",
       "graph g {\n input %a : f32[5]\n input %b : f32[5]\n %2 = exp(%a) : f32[5]\n %3 = greater(%a, %b) : bool[5]\n"
       " %4 = where(%3, %2, %b) : f32[5]\n output y = %4\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           const Value mask = as<Where>(v) ? operand(v, 0) : Value{};
           if (!mask || !as<Greater>(mask) || mask.id > 3) return Value{};
           return where(greater(operand(mask, 1), operand(mask, 0)), operand(v, 2), operand(v, 1));
         });
       }},
      {"a causal mask is off by one", "simplify_algebra",
       "graph g {\n input %s : f32[9, 9]\n %1 = iota() {along = 9} : i32[9]\n"
       " %2 = reshape(%1) {to = [9, 1]} : i32[9, 1]\n"
       " %3 = greater_equal(%2, %1) : bool[9, 9]\n %4 = where(%3, %s, -1e30) : f32[9, 9]\n"
       " %5 = softmax(%4) : f32[9, 9]\n output y = %5\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           return as<GreaterEqual>(v) ? emit(Greater{}, {operand(v, 0), operand(v, 1)}) : Value{};
         });
       }},
      {"attention looks one key further back", "simplify_algebra",
       "graph g {\n input %q : f32[1, 4, 2]\n input %k : f32[1, 4, 2]\n input %v : f32[1, 4, 3]\n"
       " %3 = attention(%q, %k, %v) {scale = 0.5, causal = true, window = 2} : f32[1, 4, 3]\n output y = %3\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra", [](Value v) {
           const Attention* a = as<Attention>(v);
           return a && a->window == 2
                      ? emit(Attention{a->scale, a->causal, 3}, {operand(v, 0), operand(v, 1), operand(v, 2)})
                      : Value{};
         });
       }},
      {"log of softmax where log_softmax was safe", "simplify_algebra",
       "graph g {\n input %x : f32[3, 5]\n %1 = log_softmax(%x) : f32[3, 5]\n output y = %1\n}",
       [](Planted& p) {
         plant_rule(p, "simplify_algebra",
                    [](Value v) { return as<LogSoftmax>(v) ? log(softmax(operand(v, 0))) : Value{}; });
       }},
      {"an axis is summed instead of the other", "fold_transposes",
       "graph g {\n input %x : f32[3, 3]\n %1 = transpose(%x) : f32[3, 3]\n %2 = sum_to(%1) {to = [3]} : f32[3]\n"
       " output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "fold_transposes", [](Value v) {
           return as<SumTo>(v) && as<Transpose>(operand(v, 0)) ? emit(*v.op(), {operand(operand(v, 0), 0)}) : Value{};
         });
       }},
      {"dropouts of two streams are taken for twins", "merge_duplicates", two_dropouts,
       [](Planted& p) {
         plant_rule(p, "merge_duplicates", [](Value v) {
           const Value other = as<Drop>(v) ? another<Drop>(v) : Value{};
           return other && other.id < v.id ? other : Value{};
         });
       }},
      {"a difference is taken for its twin turned round", "merge_duplicates",
       "graph g {\n input %x : f32[3]\n input %y : f32[3]\n %2 = sub(%x, %y) : f32[3]\n %3 = sub(%y, %x) : f32[3]\n"
       " %4 = exp(%3) : f32[3]\n output y = %2\n output z = %4\n}",
       [](Planted& p) {
         plant_rule(p, "merge_duplicates", [](Value v) {
           const Value other = as<Sub>(v) ? another<Sub>(v) : Value{};
           return other && other.id < v.id ? other : Value{};
         });
       }},
      {"parts are joined in another order", "merge_duplicates",
       "graph g {\n input %x : f32[2]\n input %y : f32[2]\n %2 = concat(%x, %y) {axis = 0} : f32[4]\n output y = %2\n}",
       [](Planted& p) {
         plant_rule(p, "merge_duplicates", [](Value v) {
           return as<Concat>(v) && operand(v, 0).id < operand(v, 1).id ? emit(*v.op(), {operand(v, 1), operand(v, 0)})
                                                                       : Value{};
         });
       }},
      {"an update is taken for unused", "remove_unused",
       "graph g {\n input %x : f32[3]\n state %s : f32[3] = 0.0\n %2 = add(%s, %x) : f32[3]\n output y = %2\n"
       " update %s = %2\n}",
       [](Planted& p) {
         p.rule = [](std::string_view pass, Graph& graph, Rewriter& rewriter) {
           if (pass == "remove_unused" && !graph.updates().empty()) rewriter.keep(graph.updates()[0].first, "planted");
         };
       }},
      {"a variance is taken as the mean of squares less the square of the mean", "fold_batch_norm",
       "graph g {\n input %x : f32[4, 8]\n %1 = variance(%x) {to = [4, 1]} : f32[4, 1]\n output y = %1\n}",
       [](Planted& p) {
         plant_rule(p, "fold_batch_norm", [](Value v) {
           if (!as<Variance>(v)) return Value{};
           const Value x = operand(v, 0), mean = emit(Mean{v.type().shape}, {x}),
                       squares = emit(Mean{v.type().shape}, {x * x});
           return squares - mean * mean;
         });
       }},
  };
}

}  // namespace vitrine
