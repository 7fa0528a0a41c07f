#pragma once
// `run --debug-nans`: which node made the first NaN.
#include <map>
#include <memory>

#include "compiler/passes.hpp"
#include "compiler/reference.hpp"
#include "runtime/program.hpp"
#include "tools/step_values.hpp"

namespace vitrine {

/// Looks at every f32 result that a step stores. At the first NaN it computes the step's nodes once more by their
/// definitions, from the step's own operands, follows the NaN back to the node whose operands hold none, and throws:
/// CheckError where a node made it; InputError where an input, a state or a constant held it already. The sentence
/// names node, op, line and module, the place of the NaN, and what the operands held there.
///
/// A NaN that no step stores is none: log(x) on the side that `where` does not take.
class NanWatcher : public Watcher {
 public:
  /// For a program compiled from this graph by these passes.
  explicit NanWatcher(Graph, std::span<const Pass> passes = default_pipeline);

  /// A new run begins: "mlp: epoch 1, batch 3". The sentence begins with it.
  void begin(std::string where);

  void before(const Step&, const Memory&) override;
  void after(const Step&, const Memory&) override;

 private:
  std::vector<std::vector<std::byte>> operands(const Step&, const Memory&) const;
  void note_infinities(const Step&, const Memory&);
  [[noreturn]] void find(const Step&, const Memory&) const;
  [[noreturn]] void differs(const Step&, Place, const StepValues&) const;

  Graph graph_;
  std::vector<std::uint32_t> rank_;  // of each node in the order of the graph
  std::string where_;
  std::map<std::size_t, std::vector<std::byte>> kept_{};  // operands that the step writes over, as they were before it
  std::map<std::uint32_t, std::string> infinite_{};       // nodes of this run that hold an infinity, and what made it
};

/// A watcher, or none where nobody asked for it.
std::unique_ptr<NanWatcher> nan_watcher(bool asked, const Graph&, std::span<const Pass> passes = default_pipeline);

/// Runs the program, watched if there is a watcher. `where` says what run it is, and is only asked then.
void run_watched(Program& program, NanWatcher* watcher, const auto& where) {
  if (!watcher) {
    program.run();
    return;
  }
  watcher->begin(where());
  program.run(*watcher);
}

}  // namespace vitrine
