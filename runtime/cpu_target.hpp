#pragma once
#include "runtime/isa.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

/// What this program's kernels can run on one processor core of an instruction set.
class CpuTarget : public Target {
 public:
  explicit CpuTarget(Isa isa) : isa_(isa) {}
  Choice choose(const Step&) const override;

 private:
  Isa isa_;
};

}  // namespace vitrine
