#pragma once
#include <optional>

#include "compiler/boundary.hpp"
#include "compiler/reference.hpp"
#include "runtime/program.hpp"

namespace vitrine {

/// Looks on while a program runs, and holds every step to the definitions of its nodes in double, on the very operands
/// that it should have read: those that other steps made. A step that reads what another has overwritten, a kernel that
/// computes something else, a view with wrong strides are seen where they happen.
class StepChecker : public Watcher {
 public:
  /// The graph that the program was compiled from, and the values of its inputs and states.
  StepChecker(const Graph&, const Values<float>& leaves);

  void before(const Step&, const Memory&) override;
  void after(const Step&, const Memory&) override;

  struct Finding {
    std::uint32_t node = 0;
    std::string why{};
  };
  /// What is wrong first, once the program has run; `handed_out`: its outputs and the next values of its states.
  std::optional<Finding> finding(const Values<float>& handed_out) const;

  std::size_t steps() const { return steps_; }
  std::size_t elements() const { return elements_; }
  double worst() const { return worst_; }  // the largest deviation as a share of what rounding allows

 private:
  const std::vector<std::byte>& value_of(std::uint32_t id);

  struct Made {
    Slot slot;
    std::vector<std::byte> memory;  // as the step that made it left it
  };

  const Graph& graph_;
  Moment moment_;
  Values<float> values_;
  std::map<std::uint32_t, Made> made_{};
  std::optional<Finding> found_{};
  std::size_t steps_ = 0, elements_ = 0;
  double worst_ = 0;
};

}  // namespace vitrine
