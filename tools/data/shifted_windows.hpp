#pragma once
#include "tools/data/dataset.hpp"

namespace vitrine {

/// A text as windows that lie side by side and cover it: field "token" i32[length] and field "next" i32[length], the
/// same one place on. In every epoch they begin at another place, a function of (seed, epoch), so that a model meets
/// each token at every place of a window.
class ShiftedWindows : public Dataset {
 public:
  /// `multiple`: count() is a multiple of it, so that every batch of that size is full; what is left over is met in
  /// another epoch. `tokens` must outlive this object. Throws UsageError for a length or multiple of 0, InputError for
  /// fewer tokens than `multiple` windows and one more of them need.
  ShiftedWindows(std::span<const std::int32_t> tokens, std::size_t length, std::size_t multiple, std::uint64_t seed);

  std::size_t count() const override { return count_; }
  /// Only so many windows in an epoch (a multiple of `multiple`, at least one), from another place of the text in each.
  void keep(double fraction);
  std::vector<Field> fields() const override;
  void fill(Batch&) const override;

 private:
  std::span<const std::int32_t> tokens_;
  std::size_t length_, multiple_, count_;
  std::uint64_t seed_;
};

}  // namespace vitrine
