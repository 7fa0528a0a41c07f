#pragma once
#include <string>

namespace vitrine {

/// Measures matrix products and convolutions by both providers in turns, `repeats` times each, and makes the rows of
/// runtime/provider_table_<isa>.inc. The works and their order are always the same. Throws InputError without oneDNN.
std::string tuned_table(int repeats);

}  // namespace vitrine
