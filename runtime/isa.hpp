#pragma once
// The instruction sets that kernels are compiled for, and which of them this machine can run.
#include <string_view>
#include <vector>

namespace vitrine {

/// portable is plain x86-64 (SSE2); avx2 means AVX2 with FMA; avx512 means AVX-512 F, DQ, BW and VL with both.
enum class Isa { portable, avx2, avx512 };

/// Whether processor and operating system can run it (the system must save the wider registers).
bool usable(Isa isa);

/// The widest usable one.
Isa best_isa();

/// Every usable one, narrowest first; portable is always among them.
std::vector<Isa> all_isas();

std::string_view name_of(Isa isa);

}  // namespace vitrine
