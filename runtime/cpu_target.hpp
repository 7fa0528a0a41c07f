#pragma once
#include "runtime/contraction.hpp"
#include "runtime/isa.hpp"
#include "runtime/provider.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

/// What this program's kernels can run on one processor core of an instruction set.
class CpuTarget : public Target {
 public:
  explicit CpuTarget(Isa isa, Provider provider = Provider::own) : isa_(isa), provider_(provider) {}
  Choice choose(const Step&) const override;

 private:
  Choice own(const Step&) const;
  bool prefers_onednn(const Contraction&) const;

  Isa isa_;
  Provider provider_;
};

/// What a step multiplies and adds up, if its head is a matrix product or a convolution.
std::optional<Contraction> contraction_of(const Step&);

}  // namespace vitrine
