#pragma once
// One node of a graph, run in double with its own f32 rounding or without.
#include <cmath>
#include <span>
#include <vector>

#include "compiler/reference.hpp"
#include "vitrine/elementwise.hpp"

namespace vitrine {

/// How the roundings of one evaluation fall: shares in [-1, -1/2] and [1/2, 1] of what they may be. In the first two
/// all have one sign, for where all of them add up; the others are drawn, for where differences of them count.
class Roll {
 public:
  explicit Roll(int draw) : state_(static_cast<std::uint64_t>(draw) * 0x9e3779b97f4a7c15 + 1), sign_(draw) {}
  double operator()() {
    state_ ^= state_ << 13, state_ ^= state_ >> 7, state_ ^= state_ << 17;
    const double share = 0.5 + static_cast<double>(state_ >> 40 & 0xffff) * 0x1p-17;
    return sign_ == 1 ? share : sign_ == 2 || (state_ >> 60 & 1) != 0 ? -share : share;
  }

 private:
  std::uint64_t state_;
  int sign_;
};

/// A tensor whose real numbers are doubles.
struct Doubles {
  Type type;
  std::vector<std::byte> bytes;

  explicit Doubles(const Type& t) : type(t), bytes(t.shape.elements() * stored_size<double>(t.dtype)) {}
  Doubles(const Type& t, std::vector<std::byte> held) : type(t), bytes(std::move(held)) {}
  bool is_real() const { return type.dtype == DType::f32; }
  std::span<double> reals() { return {reinterpret_cast<double*>(bytes.data()), type.shape.elements()}; }
  Buffer<double> buffer() const { return {type, const_cast<std::byte*>(bytes.data())}; }
  std::vector<double> numbers() const {
    std::vector<double> made(type.shape.elements());
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = load<double>(buffer(), i).value;
    return made;
  }
};

/// A scalar formula term by term, each with how many units it may be off.
struct FlatTerm {
  Symbol alone;  // the function on variables 0, 1, 2
  Scalar op;
  std::size_t index = 0;
  std::array<std::size_t, 3> from{};
  double units = 0;
};

/// One node. Which sort of op it is, is learned by trying it.
class NodeRounding {
 public:
  explicit NodeRounding(Value);

  /// With a roll, moved by it; without, in double as it is.
  Doubles run(const std::vector<const Doubles*>& in, Roll*);
  /// How far the last run may have moved each result by its own rounding.
  const std::vector<double>& own() const { return own_; }

 private:
  Doubles run_op(const std::vector<const Doubles*>& in) const;
  Doubles run_terms(const std::vector<const Doubles*>& in, Roll*);
  Doubles run_moved(const std::vector<const Doubles*>& in, Roll&);
  void ask(const std::vector<const Doubles*>& in);
  double terms_per_result(const std::vector<const Doubles*>& in) const;

  Op op_;
  Type type_;
  std::vector<Type> in_types_{};
  std::vector<FlatTerm> terms_{};  // of an elementwise op
  bool moves_only_ = false, asked_ = false, copies_ = false;
  std::vector<double> sizes_{};  // of what each result adds up; empty if it does not
  double sum_units_ = 0;
  std::vector<double> own_{};
};

}  // namespace vitrine
