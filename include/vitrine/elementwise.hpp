#pragma once
// An elementwise op is one formula, of(auto... x). Its kernel, its printed form and its derivative are readings of it.
#include <boost/hana/define_struct.hpp>

#include "vitrine/expr.hpp"
#include "vitrine/quantized.hpp"

namespace vitrine {

/// f32 operands (also i32 where the op knows integers) that broadcast; every operand of the same dtype.
constexpr Inferred elementwise_type(std::string_view name, bool integers, std::span<const Type> in) {
  Type made = in[0];
  for (const Type& other : in) {
    if (other.dtype != DType::f32 && !(integers && other.dtype == DType::i32))
      return Sentence{} << name << ": wants f32" << (integers ? " or i32" : "") << ", got " << other
                        << "; make numbers of it with cast<DType::f32>(x)";
    if (other.dtype != made.dtype) return Sentence{} << name << ": types differ: " << in[0] << " and " << other;
    if (!broadcasts(made.shape, other.shape))
      return Sentence{} << name << ": shapes do not broadcast: " << made.shape << " and " << other.shape;
    made.shape = broadcast(made.shape, other.shape);
  }
  return made;
}

/// Walks the elements of a result and says where each operand's element is.
template <std::size_t N> class BroadcastWalk {
 public:
  template <class Real> BroadcastWalk(Buffers<Real> in, const Shape& out) : shape_(out) {
    for (std::size_t k = 0; k < N; ++k) {
      std::size_t stride = 1;
      const Shape& s = in[k].shape();
      for (int i = 1; i <= s.rank(); ++i) {
        strides_[k][static_cast<std::size_t>(out.rank() - i)] = s[-i].size == 1 ? 0 : stride;
        stride *= s[-i].size;
      }
    }
  }
  std::size_t operator[](std::size_t k) const { return at_[k]; }
  void next() {
    for (int i = shape_.rank() - 1; i >= 0; --i) {
      const auto d = static_cast<std::size_t>(i);
      for (std::size_t k = 0; k < N; ++k) at_[k] += strides_[k][d];
      if (++index_[d] < shape_[i].size) return;
      for (std::size_t k = 0; k < N; ++k) at_[k] -= strides_[k][d] * index_[d];
      index_[d] = 0;
    }
  }

 private:
  Shape shape_;
  std::array<std::size_t, Shape::max_rank> index_{};
  std::array<std::array<std::size_t, Shape::max_rank>, N> strides_{};
  std::array<std::size_t, N> at_{};
};

/// An element as a formula's number, and back. Masks read as 0 and 1; i32 wraps. Back into f32, i32 and masks only.
template <class T, class Real> Num<T> load(const Buffer<Real>& b, std::size_t i) {
  switch (b.type.dtype) {
    case DType::i32: return Num<T>(static_cast<T>(b.integers()[i]));
    case DType::i8: return Num<T>(static_cast<T>(static_cast<const std::int8_t*>(b.data)[i]));
    case DType::u8:
    case DType::boolean: return Num<T>(static_cast<T>(b.booleans()[i]));
    case DType::bf16: return Num<T>(static_cast<T>(from_bfloat16(static_cast<const std::uint16_t*>(b.data)[i])));
    default: return Num<T>(static_cast<T>(b.reals()[i]));
  }
}
template <class T, class Real> void store(const Buffer<Real>& b, std::size_t i, Num<T> x) {
  switch (b.type.dtype) {
    case DType::i32: b.integers()[i] = static_cast<std::int32_t>(x.value); break;
    case DType::boolean: b.booleans()[i] = x.value != 0; break;
    default: b.reals()[i] = static_cast<Real>(x.value);
  }
}

template <class Self, std::size_t N> struct Elementwise {
  static constexpr bool integers = false;
  bool operator==(const Elementwise&) const = default;
  constexpr const Self& self() const { return static_cast<const Self&>(*this); }

  constexpr Inferred type(std::same_as<Type> auto... in) const {
    static_assert(sizeof...(in) == N);
    return elementwise_type(Self::doc.name, Self::integers, std::array{in...});
  }
  template <class Real> void run(Buffers<Real> in, const Buffer<Real>& out) const {
    // Integers are computed in 64 bits: no sum or product of two overflows on the way to the wrapped result.
    if constexpr (Self::integers)
      if (in[N - 1].type.dtype == DType::i32) return run_as<std::int64_t>(in, out);
    run_as<Real>(in, out);
  }
  Symbol formula(std::size_t) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) { return self().of(variable(I)...); }
    (std::make_index_sequence<N>{});
  }
  Gradients vjp(Operands in, Value, Value g) const { return gradients_of(formula(N), in, g); }

 private:
  template <class T, class Real> void run_as(Buffers<Real> in, const Buffer<Real>& out) const {
    BroadcastWalk<N> at(in, out.shape());
    for (std::size_t i = 0; i < out.size(); ++i, at.next()) [&]<std::size_t... I>(std::index_sequence<I...>) {
        store<T>(out, i, self().of(load<T>(in[I], at[I])...));
      }
    (std::make_index_sequence<N>{});
  }
};

}  // namespace vitrine
