// Plans and kernels: what a fusion computes, where tensors lie, what a step really runs.
#include "tests/planted/planted_bug.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

constexpr const char* clipped = R"(graph g {
  input %x : f32[4, 8]
  %1 = mul(%x, 2.0) : f32[4, 8]
  %2 = maximum(%1, -1.0) : f32[4, 8]
  %3 = minimum(%2, 1.0) : f32[4, 8]
  %4 = tanh(%3) : f32[4, 8]
  output y = %4
})";
constexpr const char* biased = R"(graph g {
  input %x : f32[4, 4]
  state %w : f32[4, 4] = normal(1.0)
  state %b : f32[4] = normal(1.0)
  %3 = matmul(%x, %w) : f32[4, 4]
  %4 = add(%3, %b) : f32[4, 4]
  %5 = relu(%4) : f32[4, 4]
  output y = %5
})";
constexpr const char* chain = R"(graph g {
  input %x : f32[16, 16]
  %1 = softmax(%x) : f32[16, 16]
  %2 = softmax(%1) : f32[16, 16]
  %3 = matmul(%1, %2) : f32[16, 16]
  output y = %3
})";

constexpr const char* summed = R"(graph g {
  input %x : f32[16, 16]
  %1 = max_to(%x) {to = [16]} : f32[16]
  %2 = mul(%x, %1) : f32[16, 16]
  %3 = tanh(%2) : f32[16, 16]
  %4 = sum_to(%3) {to = [16]} : f32[16]
  output y = %4
})";

/// Changes every instruction of kernels that fuse several nodes.
template <class Change> void plant_in_fusions(Planted& planted, Change change) {
  planted.plan = [change](Plan& plan) {
    for (Step& step : plan.steps)
      if (step.group != 0 && step.kernel) change(step, *step.kernel);
  };
}
void replace_scalar(Kernel& kernel, Scalar from, Scalar to) {
  for (Instruction& i : kernel.instructions)
    if (i.op == from) i.op = to;
}
/// Every slot that means this value.
template <class Change> void each_slot(Plan& plan, std::uint32_t value, Change change) {
  for (Step& step : plan.steps) {
    for (Slot& slot : step.operands)
      if (slot.space == Space::arena && slot.value == value) change(slot);
    for (Slot& slot : step.results)
      if (slot.space == Space::arena && slot.value == value) change(slot);
  }
}

}  // namespace

std::vector<PlantedBug> bugs_of_programs() {
  return {
      {"a clip's bound is lost in a fusion", "group_elementwise", clipped,
       [](Planted& p) {
         plant_in_fusions(p, [](Step&, Kernel& kernel) {
           for (Instruction& i : kernel.instructions)
             if (i.op == Scalar::minimum) i.from[1] = i.from[0];
         });
       }},
      {"min for max in a fusion", "group_elementwise", clipped,
       [](Planted& p) {
         plant_in_fusions(p, [](Step&, Kernel& kernel) { replace_scalar(kernel, Scalar::maximum, Scalar::minimum); });
       }},
      {"a constant of a fusion is rounded to bf16", "group_elementwise",
       "graph g {\n input %x : f32[8]\n %1 = mul(%x, 0.1) : f32[8]\n %2 = tanh(%1) : f32[8]\n output y = %2\n}",
       [](Planted& p) {
         plant_in_fusions(p, [](Step&, Kernel& kernel) {
           for (Instruction& i : kernel.instructions)
             if (i.op == Scalar::constant)
               i.number = std::bit_cast<float>(std::bit_cast<std::uint32_t>(i.number) & 0xffff0000u);
         });
       }},
      {"a fusion stores the value before the last", "group_elementwise", clipped,
       [](Planted& p) { plant_in_fusions(p, [](Step&, Kernel& kernel) { --kernel.results.back(); }); }},
      {"a fused bias is read along the other axis", "group_elementwise", biased,
       [](Planted& p) {
         plant_in_fusions(p, [](Step& step, Kernel&) {
           for (std::size_t i = step.head_operands; i < step.operands.size(); ++i)
             if (step.operands[i].type.shape.rank() == 1 && step.iteration.rank() == 2) {
               Slot& slot = step.operands[i];
               slot.type.shape = Shape{} << slot.type.shape[0].size << 1;
               slot.strides = {1, 0};
             }
         });
       }},
      {"a fused bias is dropped", "group_elementwise", biased,
       [](Planted& p) {
         plant_in_fusions(p, [](Step&, Kernel& kernel) {
           for (Instruction& i : kernel.instructions)
             if (i.op == Scalar::add) i = {Scalar::maximum, 0, {i.from[0], i.from[0], 0}};
         });
       }},
      {"a sum takes what a fusion computes before the last", "group_elementwise", summed,
       [](Planted& p) {
         plant_in_fusions(p, [](Step& step, Kernel& kernel) {
           if (!step.sinks.empty()) --kernel.results.back();
         });
       }},
      {"a sum is put over what is still added up", "plan",
       "graph g {\n input %x : f32[16, 16]\n %1 = max_to(%x) {to = [16]} : f32[16]\n"
       " %2 = mul(%x, %1) : f32[16, 16] @g1\n %3 = sum_to(%2) {to = [16]} : f32[16] @g1\n output y = %3\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (Step& step : plan.steps)
             if (!step.sinks.empty())
               for (const Slot& slot : step.operands)
                 if (slot.space == Space::arena) {
                   const Slot sum = step.sink_result(0);
                   each_slot(plan, sum.value, [&](Slot& s) { s.offset = slot.offset; });
                   return;
                 }
         };
       }},
      {"a tensor is put where another is still read", "plan", chain,
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           if (plan.steps.size() < 2) return;
           const Slot first = plan.steps[0].results[0];
           each_slot(plan, plan.steps[1].results[0].value, [&](Slot& slot) { slot.offset = first.offset; });
         };
       }},
      {"a tensor overlaps another by its last row", "plan", chain,
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           if (plan.steps.size() < 2 || plan.arena_bytes < 2048) return;
           const Slot first = plan.steps[0].results[0];
           each_slot(plan, plan.steps[1].results[0].value, [&](Slot& slot) { slot.offset = first.offset + 960; });
         };
       }},
      {"the arena is a tensor too small", "plan", chain,
       [](Planted& p) { p.plan = [](Plan& plan) { plan.arena_bytes /= 2; }; }},
      {"two steps run in the wrong order", "plan", chain,
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           if (plan.steps.size() > 1) std::swap(plan.steps[0], plan.steps[1]);
         };
       }},
      {"a state is updated before its last reader", "plan",
       "graph g {\n input %x : f32[8]\n state %s : f32[8] = normal(1.0)\n %2 = softmax(%s) : f32[8]\n"
       " %3 = add(%s, %x) : f32[8]\n output y = %2\n update %s = %3\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (std::size_t i = 1; i < plan.steps.size(); ++i)
             if (plan.steps[i].results[0].space == Space::state) std::swap(plan.steps[0], plan.steps[i]);
         };
       }},
      {"two kernels run at once though one reads what the other makes", "plan",
       "graph g {\n input %x : f32[4, 4]\n %1 = exp(%x) : f32[4, 4]\n %2 = transpose(%1) : f32[4, 4]\n"
       " %3 = tanh(%2) : f32[4, 4]\n output y = %3\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (std::size_t i = 1; i < plan.steps.size(); ++i)
             if (!plan.steps[i - 1].head && !plan.steps[i].head) plan.steps[i - 1].sweep = plan.steps[i].sweep = 1;
         };
       }},
      {"a state is written while another kernel reads it", "plan",
       "graph g {\n input %x : f32[8]\n state %s : f32[8] = 1.0\n %2 = add(%s, %x) : f32[8]\n"
       " %3 = mul(%s, 2.0) : f32[8]\n output y = %3\n update %s = %2\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (std::size_t i = 1; i < plan.steps.size(); ++i)
             if (!plan.steps[i - 1].head && !plan.steps[i].head) plan.steps[i - 1].sweep = plan.steps[i].sweep = 1;
         };
       }},
      {"a transposed view is read as it lies", "program",
       "graph g {\n input %x : f32[4, 4]\n %1 = exp(%x) : f32[4, 4]\n %2 = transpose(%1) : f32[4, 4]\n"
       " %3 = softmax(%2) : f32[4, 4]\n output y = %3\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (Step& step : plan.steps)
             for (Slot& slot : step.operands)
               if (slot.space == Space::arena) slot.strides = dense_strides(slot.type.shape);
         };
       }},
      {"a matmul's kernel reads its first operand transposed", "program", biased,
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (Step& step : plan.steps)
             if (step.head && as<Matmul>(&*step.head)) step.head = Matmul{true, false};
         };
       }},
      {"attention's kernel looks one key further back", "program",
       "graph g {\n input %q : f32[1, 4, 2]\n input %k : f32[1, 4, 2]\n input %v : f32[1, 4, 3]\n"
       " %3 = attention(%q, %k, %v) {scale = 0.5, causal = true, window = 2} : f32[1, 4, 3]\n output y = %3\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (Step& step : plan.steps)
             if (step.head && as<Attention>(&*step.head)) step.head = Attention{0.5f, true, 3};
         };
       }},
      {"a row kernel's epsilon is lost", "program",
       "graph g {\n input %x : f32[4, 8]\n %1 = mul(%x, 0.001) : f32[4, 8]\n"
       " %2 = layer_norm(%1) {eps = 1e-05} : f32[4, 8]\n output y = %2\n}",
       [](Planted& p) {
         p.plan = [](Plan& plan) {
           for (Step& step : plan.steps)
             if (step.head && as<RowNorm<true>>(&*step.head)) step.head = RowNorm<true>{0.f};
         };
       }},
  };
}

}  // namespace vitrine
