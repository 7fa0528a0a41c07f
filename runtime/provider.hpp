#pragma once
#include <string>
#include <string_view>

#include "vitrine/error.hpp"

namespace vitrine {

/// Whose loops run matrix products and convolutions: ours, oneDNN's where it has fast ones, or for each step those that
/// the checked-in table says are faster.
enum class Provider { own, onednn, automatic };

/// Why oneDNN cannot be used by this program on this machine, as a sentence; empty if it can. The first call opens the
/// library.
const std::string& onednn_missing();
/// What is wrong where a plan wants oneDNN for `what` and it does not take it.
InputError onednn_lost(std::string_view what);

}  // namespace vitrine
