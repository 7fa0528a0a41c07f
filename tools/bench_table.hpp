#pragma once
// What `bench` prints of rows, and writes as JSON.
#include <span>

#include "tools/measured.hpp"

namespace vitrine {

/// Every row: its median, least and most, and a note where it had less of the processor than it asked for.
std::string bench_table(std::span<const Measured> rows);

/// For each work ours beside the fastest way of the fastest peer, at each number of threads and each at its best; empty
/// without peers. `ours` is the variant that counts where several of ours were measured.
std::string ratio_table(std::span<const Measured> rows, const std::string& ours);

/// The agreed array of {work, peer, variant, threads, unit, samples, median}.
std::string bench_json(std::span<const Measured> rows);

}  // namespace vitrine
