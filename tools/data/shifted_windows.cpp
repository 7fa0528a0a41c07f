#include "tools/data/shifted_windows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/data/shuffle.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

ShiftedWindows::ShiftedWindows(std::span<const std::int32_t> tokens, std::size_t length, std::size_t multiple,
                               std::uint64_t seed)
    : tokens_(tokens), length_(length), multiple_(multiple), count_(0), seed_(seed) {
  if (length == 0 || multiple == 0)
    throw UsageError(
        fmt::format("windows: a length of {} in batches of {} makes none; both begin at 1", length, multiple));
  // One window less than fits, so that all can be shifted by up to a window's length.
  const std::size_t fits = tokens.size() / length;
  count_ = fits == 0 ? 0 : (fits - 1) / multiple * multiple;
  if (count_ == 0)
    throw InputError(fmt::format(
        "windows: a text of {} tokens is too short to learn from: a batch of {} windows of {} tokens takes {}; use a "
        "longer text",
        tokens.size(), multiple, length, (multiple + 1) * length));
}

void ShiftedWindows::keep(double fraction) {
  const double wanted = fraction * static_cast<double>(count_ / multiple_);
  count_ = std::clamp<std::size_t>(static_cast<std::size_t>(wanted), 1, count_ / multiple_) * multiple_;
}

std::vector<Field> ShiftedWindows::fields() const {
  return {{"token", DType::i32, length_}, {"next", DType::i32, length_}};
}

void ShiftedWindows::fill(Batch& batch) const {
  const auto now = batch.integers("token"), next = batch.integers("next");
  const std::size_t room = tokens_.size() - count_ * length_ - 1;  // places at which the first window may begin
  const std::uint32_t drawn = draw("shift", seed_, batch.before.epoch, 0)[0];
  const std::size_t shift = drawn % (room + 1);
  for (std::size_t i = 0; i < batch.count(); ++i) {
    const auto from = tokens_.begin() + static_cast<std::ptrdiff_t>(shift + batch.examples()[i] * length_);
    std::copy_n(from, length_, now.begin() + static_cast<std::ptrdiff_t>(i * length_));
    std::copy_n(from + 1, length_, next.begin() + static_cast<std::ptrdiff_t>(i * length_));
  }
}

}  // namespace vitrine
