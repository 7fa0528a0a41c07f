#include "tools/draw_graphs.hpp"

#include <fmt/format.h>

#include "compiler/compile.hpp"
#include "compiler/dot.hpp"
#include "compiler/memory_plan.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/passes.hpp"
#include "compiler/plan_picture.hpp"
#include "compiler/print.hpp"
#include "runtime/cpu_target.hpp"
#include "runtime/isa.hpp"
#include "runtime/write_file.hpp"
#include "tools/graphviz.hpp"
#include "tools/knock_out.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Draws the graph as traced, with gradients if there are any, and the step after every pass. `before`: what was done
/// to the traced graph before it was differentiated.
std::string draw_all(const std::filesystem::path& folder, const Graph& traced, const Graph* gradients,
                     const Graph& training_step, const std::string& before = "") {
  Graph optimized(training_step);
  optimized.rename(training_step.name() + ", compiled");
  const Record record = optimize(optimized);
  const Plan plan = compile(optimized, CpuTarget(best_isa(), Provider::automatic));

  bool has_dot = true;
  const auto draw = [&](const std::string& name, const Graph& graph, bool fold) {
    const std::string text = dot(graph, {.fold = fold});
    if (has_dot) try {
        for (const char* format : {"svg", "png"}) write_file(folder / (name + "." + format), render(text, format));
        return;
      } catch (const InputError& error) {
        has_dot = false;
        fmt::print(stderr, "vitrine: {}\n", error.what());
      }
    write_file(folder / (name + ".dot"), text);
  };
  draw("traced", traced, false);
  if (gradients) draw("gradients", *gradients, false);
  draw("compiled", optimized, true);
  write_file(folder / "memory.svg", plan_picture(plan, optimized));
  fmt::print("memory: {}\n", memory_summary(plan));
  write_file(folder / "compiled.vit", print(optimized));
  write_file(folder / "passes.txt", before + print(record));
  return has_dot ? ".svg, .png" : ".dot";
}

}  // namespace

std::string draw_graphs(const std::filesystem::path& folder, const Graph& forward, const Graph& training_step) {
  Graph recognized(forward);
  const std::string before = print(recognize(recognized));
  const Graph gradients = with_gradients(recognized, unread_parameters(recognized));
  return draw_all(folder, forward, &gradients, training_step, before);
}

std::string draw_graphs(const std::filesystem::path& folder, const Graph& step) {
  return draw_all(folder, step, nullptr, step);
}

}  // namespace vitrine
