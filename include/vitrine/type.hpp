#pragma once
// A tensor's type as a value. Every type rule is written once over Type and runs twice: in a constant expression
// while the program compiles, and at run time when the graph is built, parsed or verified.
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vitrine {

/// A name, which may be empty, and a size. Plain numbers convert, so that Tensor<batch, time, 384> can be written.
struct Axis {
  static constexpr std::size_t longest_name = 15;
  char name[longest_name + 1]{};
  std::size_t size = 0;

  constexpr Axis() = default;
  constexpr Axis(std::integral auto n) : size(static_cast<std::size_t>(n)) {}
  template <std::size_t N> constexpr Axis(const char (&text)[N], std::integral auto n) : Axis(n) {
    static_assert(N - 1 <= longest_name, "an axis name has at most 15 characters");
    for (std::size_t i = 0; i < N; ++i) name[i] = text[i];
  }
  constexpr std::string_view label() const { return name; }
  constexpr bool named() const { return name[0] != 0; }
  bool operator==(const Axis&) const = default;
};

/// Names are checked, never used to permute; an axis without a name agrees with any of its size. Not transitive.
constexpr bool agree(const Axis& a, const Axis& b) {
  return a.size == b.size && (a.label() == b.label() || !a.named() || !b.named());
}
constexpr Axis joined(const Axis& a, const Axis& b) { return a.named() ? a : b; }
constexpr Axis operator*(std::size_t times, const Axis& a) { return times * a.size; }

/// The axes of a tensor, outermost first. Overflowing max_rank fails: in a constant expression by itself.
struct Shape {
  static constexpr std::size_t max_rank = 6;
  std::array<Axis, max_rank> axes{};
  std::uint8_t count_of_axes = 0;

  constexpr int rank() const { return count_of_axes; }
  constexpr bool empty() const { return count_of_axes == 0; }
  /// Axis i; negative i counts from the end.
  constexpr const Axis& operator[](int i) const { return axes[at(i)]; }
  constexpr const Axis* begin() const { return axes.data(); }
  constexpr const Axis* end() const { return axes.data() + count_of_axes; }
  constexpr Shape& operator<<(const Axis& a) {
    axes.at(count_of_axes) = a;
    ++count_of_axes;
    return *this;
  }
  constexpr Shape with(int i, const Axis& a) const {
    Shape r = *this;
    r.axes[at(i)] = a;
    return r;
  }
  constexpr std::size_t elements() const {
    std::size_t n = 1;
    for (const Axis& a : *this) n *= a.size;
    return n;
  }
  /// Where this very axis is, or rank() if it is not here.
  constexpr int find(const Axis& a) const {
    int i = 0;
    while (i < rank() && (*this)[i] != a) ++i;
    return i;
  }
  bool operator==(const Shape&) const = default;

 private:
  constexpr std::size_t at(int i) const { return static_cast<std::size_t>(i < 0 ? rank() + i : i); }
};

constexpr bool agree(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank()) return false;
  for (int i = 0; i < a.rank(); ++i)
    if (!agree(a[i], b[i])) return false;
  return true;
}

/// Aligned at the right, two axes fit if they agree or one is 1 without a name, which is then repeated.
constexpr bool broadcasts(const Shape& a, const Shape& b) {
  for (int i = 1; i <= a.rank() && i <= b.rank(); ++i) {
    const bool repeats = (a[-i].size == 1 && !a[-i].named()) || (b[-i].size == 1 && !b[-i].named());
    if (!agree(a[-i], b[-i]) && !repeats) return false;
  }
  return true;
}
/// The shape two operands that fit make together.
constexpr Shape broadcast(const Shape& a, const Shape& b) {
  Shape r = a.rank() >= b.rank() ? a : b;
  const Shape& other = a.rank() >= b.rank() ? b : a;
  for (int i = 1; i <= other.rank(); ++i) {
    const Axis &x = r[-i], &y = other[-i];
    r = r.with(-i, agree(x, y) ? joined(x, y) : x.size == 1 && !x.named() ? y : x);
  }
  return r;
}

constexpr bool holds_a_name_twice(const Shape& s) {
  for (int i = 0; i < s.rank(); ++i)
    for (int k = 0; k < i; ++k)
      if (s[i].named() && s[i].label() == s[k].label()) return true;
  return false;
}

template <Axis... Axes> inline constexpr Shape shape_of{{Axes...}, sizeof...(Axes)};

/// Types of elements. f64 exists only in the reference interpreter, which reads f32 as double.
enum class DType : std::uint8_t { f32, bf16, i32, i8, u8, boolean };
inline constexpr std::array every_dtype{DType::f32, DType::bf16, DType::i32, DType::i8, DType::u8, DType::boolean};
constexpr std::string_view name_of(DType d) {
  constexpr std::array<std::string_view, 6> names{"f32", "bf16", "i32", "i8", "u8", "bool"};
  return names[static_cast<std::size_t>(d)];
}
/// Bytes of one element.
constexpr std::size_t size_of(DType d) {
  constexpr std::array<std::size_t, 6> sizes{4, 2, 4, 1, 1, 1};
  return sizes[static_cast<std::size_t>(d)];
}

struct Type {
  DType dtype = DType::f32;
  Shape shape{};
  constexpr std::size_t bytes() const { return shape.elements() * size_of(dtype); }
  bool operator==(const Type&) const = default;
};

constexpr bool agree(const Type& a, const Type& b) { return a.dtype == b.dtype && agree(a.shape, b.shape); }

template <Axis... Axes> inline constexpr Type f32{DType::f32, shape_of<Axes...>};
template <Axis... Axes> inline constexpr Type i32{DType::i32, shape_of<Axes...>};
template <Axis... Axes> inline constexpr Type boolean{DType::boolean, shape_of<Axes...>};

}  // namespace vitrine
