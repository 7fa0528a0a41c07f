#pragma once
// A model's compilation from its trace to its last pass, with the record of all of it.
#include <functional>

#include "compiler/passes.hpp"
#include "tools/commands/commands.hpp"

namespace vitrine {

/// The passes that a step of a model is compiled with: those before the derivatives, if it has any, and the others.
std::vector<std::span<const Pass>> pipelines_of(const std::string& model, const std::string& step);

struct CompilationOptions {
  std::string step = "train";
  PassChoice passes{};                        // of those that this step is compiled with
  std::vector<Axis> sizes{};                  // of a project: these sizes, where it has these axes
  std::function<void(const Graph&)> begin{};  // told the graph before anything is done
  std::function<void(const Graph&, std::string_view pass)> after{};  // a pass has changed it; "gradients" were added
};

/// Ids mean the same node from the first graph to the last. What a record points to lives as long as this.
class Compilation {
 public:
  Compilation(const Projects&, const std::string& model, const CompilationOptions& = {});

  /// As it was traced, or read from a file.
  const Graph& traced() const { return traced_; }
  /// What the passes were given: of a model that is trained, recognized and with gradients and updates.
  const Graph& given() const { return given_; }
  const Graph& compiled() const { return *compiled_; }
  /// That made the compiled graph of the given one.
  std::span<const Pass> passes() const { return passes_; }
  /// Whether passes ran over the traced graph before there were gradients, and how many of the rewrites are theirs.
  bool is_training() const { return is_training_; }
  std::size_t recognitions() const { return recognitions_; }
  const std::vector<Rewrite>& rewrites() const { return record_.rewrites; }
  const std::vector<Refusal>& refusals() const { return record_.refusals; }

 private:
  Graph traced_, given_{};
  std::unique_ptr<Graph> recognized_{}, compiled_{};
  std::vector<Pass> passes_{};
  Record record_{};
  bool is_training_ = false;
  std::size_t recognitions_ = 0;
};

}  // namespace vitrine
