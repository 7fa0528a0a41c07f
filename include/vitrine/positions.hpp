#pragma once
#include <initializer_list>

#include "vitrine/type.hpp"

namespace vitrine {

/// Axes of a tensor by position, in an order. Printed as "[0, 2, 3, 1]".
struct Positions {
  std::array<std::uint8_t, Shape::max_rank> at{};
  std::uint8_t count = 0;

  constexpr Positions() = default;
  constexpr Positions(std::initializer_list<int> positions) {
    for (int p : positions) *this << p;
  }
  /// Overflowing max_rank fails: in a constant expression by itself.
  constexpr Positions& operator<<(int position) {
    at.at(count) = static_cast<std::uint8_t>(position);
    ++count;
    return *this;
  }
  constexpr int size() const { return count; }
  constexpr int operator[](int i) const { return at[static_cast<std::size_t>(i)]; }
  bool operator==(const Positions&) const = default;

  /// Whether every position below `rank` is here once.
  constexpr bool orders(int rank) const {
    unsigned seen = 0;
    for (int i = 0; i < size(); ++i) {
      if ((*this)[i] >= rank) return false;
      seen |= 1u << (*this)[i];
    }
    return size() == rank && seen == (1u << rank) - 1;
  }
  /// Of an order, the one that undoes it.
  constexpr Positions inverse() const {
    Positions made = *this;
    for (int i = 0; i < size(); ++i) made.at[static_cast<std::size_t>((*this)[i])] = static_cast<std::uint8_t>(i);
    return made;
  }
};

}  // namespace vitrine
