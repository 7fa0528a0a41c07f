#pragma once
// Random choices that are the same with every standard library.
#include <cstdint>
#include <random>

namespace vitrine {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : bits_(seed * 0x9e3779b97f4a7c15u + 1) {}

  std::uint64_t bits() { return bits_(); }
  /// A whole number below n > 0.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits_() % n); }
  bool chance(std::size_t percent) { return below(100) < percent; }
  /// From 0 to below 1, in steps of 2^-24.
  double unit() { return static_cast<double>(bits_() >> 40) * 0x1p-24; }
  template <class List> const auto& pick(const List& list) { return list[below(list.size())]; }

 private:
  std::mt19937_64 bits_;
};

}  // namespace vitrine
