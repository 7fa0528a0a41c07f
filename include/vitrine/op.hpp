#pragma once
// An op is a struct with its rules (see ops/matmul.hpp). Passes and models see it erased: a table and its attributes.
#include <memory>
#include <string>
#include <utility>

#include "vitrine/number.hpp"
#include "vitrine/reach.hpp"
#include "vitrine/sentence.hpp"
#include "vitrine/symbol.hpp"
#include "vitrine/walk.hpp"

namespace vitrine {

/// What sort of work an op is. Pictures colour by it; nothing decides by it.
enum class Kind : std::uint8_t {
  arithmetic,
  activation,
  contraction,
  reduction,
  normalization,
  loss,
  layout,
  source,
  quantization
};
inline constexpr std::array every_kind{Kind::arithmetic, Kind::activation,    Kind::contraction,
                                       Kind::reduction,  Kind::normalization, Kind::loss,
                                       Kind::layout,     Kind::source,        Kind::quantization};
constexpr std::string_view name_of(Kind k) {
  constexpr std::array<std::string_view, 9> names{"arithmetic", "activation",    "contraction",
                                                  "reduction",  "normalization", "loss",
                                                  "layout",     "source",        "quantization"};
  return names[static_cast<std::size_t>(k)];
}
/// Light fills that black text stands on, apart for colour-blind eyes too (after Okabe and Ito's palette).
constexpr std::string_view colour_of(Kind k) {
  constexpr std::array<std::string_view, 9> colours{"#cfe8f7", "#bfe6d4", "#f9d6a5", "#f6e58d", "#f3c6dc",
                                                    "#f2b8a0", "#e3e3e3", "#ffffff", "#cdbcf0"};
  return colours[static_cast<std::size_t>(k)];
}

/// An op's page: its name in text, the sort of work, what it computes and its derivative as a reader would write them.
/// An elementwise op leaves rule and derivative empty: its formula says both.
struct Doc {
  std::string_view name;
  Kind kind;
  std::string_view rule{}, derivative{};
};

/// A tensor in memory, dense and row-major. f32 elements are stored as Real: float, or double in the f64 reference.
template <class Real> struct Buffer {
  Type type;
  void* data;

  const Shape& shape() const { return type.shape; }
  std::size_t size() const { return type.shape.elements(); }
  Real* reals() const { return static_cast<Real*>(data); }
  std::int32_t* integers() const { return static_cast<std::int32_t*>(data); }
  std::uint8_t* booleans() const { return static_cast<std::uint8_t*>(data); }
};
template <class Real> using Buffers = std::span<const Buffer<Real>>;
/// Bytes of one element in a Buffer<Real>.
template <class Real> constexpr std::size_t stored_size(DType d) { return d == DType::f32 ? sizeof(Real) : size_of(d); }

/// One typical use of an op. It is the op's documentation and the case that the laws check.
template <class O, std::size_t N> struct Example {
  O op;
  std::array<Type, N> in;
};

struct Attribute {
  std::string name, text;
};

struct ErasedExample;
class Continuation;  // in continuation.hpp

/// Every axis of that name becomes another.
struct AxisChange {
  std::string_view label;
  Axis to;
};

/// How an op may end the step of the elementwise work that it reads, and take that while it is in cache.
enum class Sinking : std::uint8_t {
  none,
  reduces,  // sums or maxima over whole axes
  pools     // of windows of images
};

struct OpInfo {
  Doc doc;
  std::size_t operands;
  bool variadic;  // takes two or more operands; `operands` is then the example's number
  bool integers;  // also defined on i32
  bool view;      // the result is the operand's elements in the same order: only the type differs
  bool leads;     // elementwise work on its result may join its step, and runs while the result is in cache
  Sinking sinks;
  Inferred (*type)(const void*, std::span<const Type>);
  Gradients (*vjp)(const void*, Operands in, Value out, Value gradient);  // null: not differentiable
  void (*run)(const void*, Buffers<float>, const Buffer<float>&);
  void (*run_double)(const void*, Buffers<double>, const Buffer<double>&);
  bool (*equal)(const void*, const void*);
  std::size_t (*hash)(const void*);
  std::vector<Attribute> (*print)(const void*);
  Op (*parse)(std::span<const Attribute>);  // throws UsageError: what was expected
  std::shared_ptr<const void> (*copy)(const void*);
  Op (*with_axes)(const void*, std::span<const AxisChange>);   // the op with other axes in its attributes
  Symbol (*formula)(const void*, std::size_t operands);        // null unless elementwise
  Walk (*walk)(const void*, const Type& in, const Type& out);  // null unless the result looks at its operand by strides
  Op (*companion_of)(const void*);  // null, or the op that on the same operands computes this result on its way
  /// How many products a contraction adds up; null for an op that is none.
  std::size_t (*multiply_adds)(const void*, std::span<const Type> in, const Type& out);
  /// How far a result reaches along an axis of an operand. Null: a formula or a walk says it, or nobody knows.
  AxisReach (*reach)(const void*, std::size_t operand, int axis, std::span<const Type> in, const Type& out);
  /// The numbers that a result may be. Null: its formula says it, or it is a look at its operand, or nobody knows.
  NumberRange (*range)(const void*, NumberRanges of, std::span<const Type> in, const Type& out);
  /// What has no part in an axis of an operand of which `reach` says anything. Null: each number has.
  std::optional<Ignored> (*ignores)(const void*, std::size_t operand, int axis, std::span<const Type> in,
                                    const Type& out);
  Indexed (*indexed)(const void*, std::span<const Type> in, const Type& out);  // null unless an operand holds indices
  /// The result's new rows where a graph goes on from earlier ones (continuation.hpp). Null for an op that does with
  /// some rows what it does with all.
  Value (*continued)(const void*, Continuation&);
  bool carries;  // keeps by itself what it needs of earlier rows, and reads an operand's new ones only
  ErasedExample (*example)();

  bool elementwise() const { return formula != nullptr; }
  bool differentiable() const { return vjp != nullptr; }
};

/// The table of one op. Defined in op_table.hpp and instantiated in compiler/op_table.cpp only; a user's own op is
/// instantiated in the user's .cpp.
template <class O> const OpInfo& info();

struct Op {
  const OpInfo* info;
  std::shared_ptr<const void> attributes;

  template <class O>
  requires(!std::same_as<O, Op>) Op(const O& op)
      : info(&vitrine::info<O>()), attributes(info->copy(&op)) {}  // make_shared here is slow to compile
  /// For an op that is a template argument and so outlives every graph: pointing at it compiles faster than owning it.
  template <auto O> static Op lasting() {
    return {vitrine::info<std::remove_const_t<decltype(O)>>(), {std::shared_ptr<const void>(), &O}};
  }
  bool operator==(const Op& o) const { return info == o.info && info->equal(attributes.get(), o.attributes.get()); }

  std::string_view name() const { return info->doc.name; }
  Inferred type(std::span<const Type> in) const { return info->type(attributes.get(), in); }
  Symbol formula(std::size_t operands) const { return info->formula(attributes.get(), operands); }

 private:
  Op(const OpInfo& table, std::shared_ptr<const void> held) : info(&table), attributes(std::move(held)) {}
};

struct ErasedExample {
  Op op;
  std::vector<Type> in;
};

template <class O> const O* as(const Op* op) {
  return op && op->info == &info<O>() ? static_cast<const O*>(op->attributes.get()) : nullptr;
}
/// The op of a node if it is an O, else null. A rewrite rule may name only the ops of its own equation.
template <class O> const O* as(Value v) { return as<O>(v.op()); }

/// An op's own rule, then the rules of every op: no name twice in a tensor, one size for one name.
template <class O, std::same_as<Type>... In> constexpr Inferred infer(const O& op, In... in) {
  const Inferred made = op.type(in...);
  if (!made.ok()) return made;
  if (holds_a_name_twice(made.type.shape)) return name_held_twice(O::doc.name, made.type.shape);
  const std::array<Type, sizeof...(In) + 1> all{in..., made.type};
  for (const Type& one : all)
    for (const Type& other : all)
      for (const Axis& a : one.shape)
        for (const Axis& b : other.shape)
          if (a.named() && a.label() == b.label() && a.size != b.size)
            return Sentence{} << O::doc.name << ": axis " << a.label() << " has two sizes, " << a.size << " in "
                              << one.shape << " and " << b.size << " in " << other.shape;
  return made;
}

}  // namespace vitrine
