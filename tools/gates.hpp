#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace vitrine {

/// What must hold for a run to count as learned. Accuracy alone does not show a frozen layer or a wrong gradient.
class Gates {
 public:
  /// Prints the gate at once: what it asks, what was measured, whether it holds.
  void check(const std::string& name, bool holds, const std::string& measured, const std::string& needed);

  struct Gate {
    std::string name;
    bool holds;
    std::string measured, needed;
  };
  const std::vector<Gate>& all() const { return gates_; }
  bool all_hold() const;
  /// "all 5 gates hold" or which do not.
  std::string verdict() const;
  /// An array of {name, holds, measured, needed}, as --json writes it.
  nlohmann::json json() const;

 private:
  std::vector<Gate> gates_{};
};

}  // namespace vitrine
