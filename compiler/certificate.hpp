#pragma once
// Every pass held to its contract, on the user's own graph: after each pass the verifier, the types, the plan's own
// checker, and each rewrite at its own boundary, on the graph's values and on adversarial ones.
#include <optional>

#include "compiler/rewrite_trial.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

/// A contract that was broken.
struct Break {
  std::string pass{}, rule{};  // the rule is empty where it was the pass as a whole
  std::source_location at{};   // the line of the compiler that made the rewrite
  std::string node{};          // what was replaced, as the text of a graph; empty if it was no single node
  Location place{};            // the user's line that it comes from
  std::string why{};           // one sentence
  Graph reproducer{};          // on which the pass alone breaks its contract
  Values<float> leaves{};      // with these values
};

/// What was looked at of one pass.
struct PassCertificate {
  std::string pass{};
  Contract contract = Contract::exact;
  std::size_t rewrites = 0, trials = 0;  // a trial: one rewrite on one set of values
  std::size_t elements = 0;              // compared in all of them
  double worst = 0;                      // the largest deviation as a share of what the contract allows
};

struct Certificate {
  std::vector<PassCertificate> passes{};  // those that changed something, in order of their first change
  std::vector<Break> breaks{};
  bool holds() const { return breaks.empty(); }
};

/// What a certificate is made with: a target, whose plans are checked, and what runs them.
struct Machinery {
  const Target& target;
  Loader load{};
};

/// The judge that a pipeline asks after each pass (see PipelineOptions).
///  - `exact`: the same bits, every NaN as one, on finite and hard values alike;
///  - `reorders`: on finite values within what f32 rounding allows (compiler/rounding.hpp), and in double within a
///    thousandth of that;
///  - `lossy`: the root of the mean squared difference within the pass's tolerance times that of the values;
///  - `changes`: its values are meant to differ, so only its structure is checked.
/// A rewrite that marks a step (a group) is compared as a program: grouped and not, to the bit, and both with double.
class Certifier : public Judge {
 public:
  /// `leaves`: the values of the graph's inputs and states. `reproduce`: whether a break comes with its reproducer.
  Certifier(Values<float> leaves, const Machinery& machinery, bool reproduce = true)
      : leaves_(std::move(leaves)), machinery_(machinery), reproduce_(reproduce) {}

  bool accepts(const Graph& before, const Graph& after, const Pass&, std::span<const Rewrite>) override;
  void broke(const Graph& before, const Pass&, std::span<const Rewrite>, const std::string& why) override;

  /// The plan of a graph that no pass has touched: what breaks here is not a pass's fault.
  void check_plan_of(const Graph&);
  const Certificate& certificate() const { return certificate_; }

 private:
  PassCertificate& row(const Pass&);
  bool has_break_of(std::string_view stage) const;
  /// What is wrong with the graph as a whole: its structure, its plan, what it hands out.
  std::string whole_graph(const Graph& before, const Graph& after, const Pass&) const;
  /// Of so many rewrites of a pass the number of the first after which the graph as a whole is wrong; 0 if none is.
  std::size_t first_guilty(const Graph& before, const Pass&, std::size_t rewrites) const;
  void report(const Graph& before, const Pass&, const Moment&, const Rewrite&, Trial);
  void report(const Graph& before, const Pass&, std::span<const Rewrite>, std::string why);

  Values<float> leaves_;
  const Machinery& machinery_;
  bool reproduce_;
  Certificate certificate_{};
  Tried tried_{};
  bool plans_hold_ = true;
};

/// Whether this pass alone breaks its contract on this graph.
bool breaks(const Graph&, const Pass&, const Values<float>& leaves, const Machinery&);

}  // namespace vitrine
