#pragma once
// Which provider is faster at what, as `vitrine bench --tune` measured it once: nothing is measured while a program is
// built or runs, so a graph is compiled to the same plan every time.
#include <span>
#include <string>

#include "runtime/contraction.hpp"
#include "runtime/isa.hpp"
#include "runtime/provider.hpp"

namespace vitrine {

/// Multiply-adds a nanosecond, for 1 and 2 threads.
struct ProviderSpeeds {
  Contraction work;
  std::array<float, 2> own, onednn;
};

/// What was measured with an instruction set; empty for one where nothing was.
std::span<const ProviderSpeeds> provider_speeds(Isa);

/// The measured work that is most like this one: of the same form, with no size more than 4 times as large or as small.
/// Null if there is none.
const ProviderSpeeds* most_alike(std::span<const ProviderSpeeds>, const Contraction&);

/// own or onednn. oneDNN only where it was more than 5 % faster with 1 thread and with 2, and saves enough at every run
/// to be worth opening a library for.
Provider faster_provider(std::span<const ProviderSpeeds>, const Contraction&);

/// What that choice rests on, for people: "for product 256 1024 1024 the table has ours at 99 and 190 multiply-adds a
/// ns, oneDNN at 115 and 226 (1 and 2 threads)".
std::string reason_for(std::span<const ProviderSpeeds>, const Contraction&);

}  // namespace vitrine
