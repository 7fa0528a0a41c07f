#pragma once
// Fills OpInfo from an op's struct. Only the files that define ops include this.
#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>
#include <functional>

#include "vitrine/attribute.hpp"
#include "vitrine/continuation.hpp"
#include "vitrine/error.hpp"
#include "vitrine/op.hpp"

namespace vitrine {

namespace hana = boost::hana;

/// A flag is written where it is set. An op that declares `leaves_out_empty` leaves all its attributes out where they
/// are as nothing was said (0, []), so that texts stay valid when it gains one.
template <class O, class Member> inline constexpr bool leaves_out_empty = std::same_as<Member, bool> || requires {
  O::leaves_out_empty;
};

/// What becomes of an axis.
inline Axis changed(const Axis& axis, std::span<const AxisChange> changes) {
  for (const AxisChange& each : changes)
    if (axis.named() && axis.label() == each.label) return each.to;
  return axis;
}

template <class O> struct Erased {
  static constexpr std::size_t operands = std::tuple_size_v<decltype(O::example().in)>;
  static constexpr bool variadic = requires(const O op, std::span<const Type> in) { op.type(in); };
  static const O& of(const void* op) { return *static_cast<const O*>(op); }

  /// Calls visit(name, member) for every attribute.
  static void each([[maybe_unused]] auto& op, [[maybe_unused]] const auto& visit) {
    if constexpr (hana::Struct<O>::value)
      hana::for_each(hana::accessors<O>(),
                     [&](auto field) { visit(hana::first(field).c_str(), hana::second(field)(op)); });
  }

  static Inferred type(const void* op, std::span<const Type> in) {
    if constexpr (variadic) {
      return of(op).type(in);
    } else {
      if (in.size() != operands)
        return Sentence{} << O::doc.name << ": wants " << operands << (operands == 1 ? " operand" : " operands")
                          << ", got " << in.size();
      return [&]<std::size_t... I>(std::index_sequence<I...>) { return infer(of(op), in[I]...); }
      (std::make_index_sequence<operands>{});
    }
  }
  static Gradients vjp(const void* op, Operands in, Value out, Value g) { return of(op).vjp(in, out, g); }
  template <class Real> static void run(const void* op, Buffers<Real> in, const Buffer<Real>& out) {
    of(op).run(in, out);
  }
  static bool equal(const void* a, const void* b) { return of(a) == of(b); }
  static Symbol formula(const void* op, std::size_t n) { return of(op).formula(n); }
  static Walk walk(const void* op, const Type& in, const Type& out) { return of(op).walk(in, out); }
  static std::size_t multiply_adds(const void* op, std::span<const Type> in, const Type& out) {
    return of(op).multiply_adds(in, out);
  }
  static AxisReach reach(const void* op, std::size_t operand, int axis, std::span<const Type> in, const Type& out) {
    return of(op).reach(operand, axis, in, out);
  }
  static NumberRange range(const void* op, NumberRanges r, std::span<const Type> in, const Type& out) {
    return of(op).range(r, in, out);
  }
  static std::optional<Ignored> ignores(const void* op, std::size_t operand, int axis, std::span<const Type> in,
                                        const Type& out) {
    return of(op).ignores(operand, axis, in, out);
  }
  static Indexed indexed(const void* op, std::span<const Type> in, const Type& out) { return of(op).indexed(in, out); }
  static Value continued(const void* op, Continuation& c) { return of(op).continued(c); }
  static Op companion_of(const void* op) { return of(op).companion_of(); }
  static std::vector<Attribute> print(const void* op) {
    std::vector<Attribute> made;
    each(of(op), [&](const char* name, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      if constexpr (leaves_out_empty<O, Member>)
        if (member == Member{}) return;
      made.push_back({name, print_attribute(member)});
    });
    return made;
  }
  static std::size_t hash(const void* op) {
    std::size_t made = std::hash<std::string_view>{}(O::doc.name);
    each(of(op), [&](const char*, const auto& member) {
      made = made * 31 + std::hash<std::string>{}(print_attribute(member));
    });
    return made;
  }
  static Op parse(std::span<const Attribute> given) {
    O op = O::example().op;
    std::size_t known = 0;
    each(op, [&](const char* name, auto& member) {
      for (const Attribute& a : given)
        if (a.name == name) {
          parse_attribute(a.text, member), ++known;
          return;
        }
      using Member = std::remove_cvref_t<decltype(member)>;
      if constexpr (leaves_out_empty<O, Member>)
        member = Member{};
      else
        throw UsageError(std::string(O::doc.name) + ": attribute '" + name + "' is missing");
    });
    if (known != given.size())
      throw UsageError(std::string(O::doc.name) + ": there is an attribute that it does not have");
    return op;
  }
  static std::shared_ptr<const void> copy(const void* op) { return std::make_shared<const O>(of(op)); }
  static Op with_axes(const void* op, [[maybe_unused]] std::span<const AxisChange> changes) {
    O copy = of(op);
    each(copy, [&](const char*, [[maybe_unused]] auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      if constexpr (std::same_as<Member, Axis>) member = changed(member, changes);
      if constexpr (std::same_as<Member, Shape>)
        for (Axis& a : member.axes) a = changed(a, changes);
    });
    return copy;
  }
  static ErasedExample example() {
    const auto e = O::example();
    return {e.op, {e.in.begin(), e.in.end()}};
  }
};

template <class O> const OpInfo& info() {
  using E = Erased<O>;
  static const OpInfo table = [] {
    OpInfo t{};
    t.doc = O::doc;
    t.operands = E::operands;
    t.variadic = E::variadic;
    if constexpr (requires { O::integers; }) t.integers = O::integers;
    if constexpr (requires { O::view; }) t.view = O::view;
    if constexpr (requires { O::leads; }) t.leads = O::leads;
    if constexpr (requires { O::sinks; }) t.sinks = O::sinks;
    t.type = E::type;
    if constexpr (requires(const O op, Operands in, Value v) { op.vjp(in, v, v); }) t.vjp = E::vjp;
    t.run = E::template run<float>;
    t.run_double = E::template run<double>;
    t.equal = E::equal;
    t.hash = E::hash;
    t.print = E::print;
    t.parse = E::parse;
    t.copy = E::copy;
    t.with_axes = E::with_axes;
    if constexpr (requires(const O op) { op.formula(std::size_t{}); }) t.formula = E::formula;
    if constexpr (requires(const O op, Type any) { op.walk(any, any); }) t.walk = E::walk;
    if constexpr (requires(const O op) { op.companion_of(); }) t.companion_of = E::companion_of;
    if constexpr (requires(const O op, Type any) { op.multiply_adds({}, any); }) t.multiply_adds = E::multiply_adds;
    if constexpr (requires(const O op, Type any) { op.reach(std::size_t{}, 0, std::span<const Type>(), any); })
      t.reach = E::reach;
    if constexpr (requires(const O op, Type any) { op.range(NumberRanges(), std::span<const Type>(), any); })
      t.range = E::range;
    if constexpr (requires(const O op, Type any) { op.ignores(std::size_t{}, 0, std::span<const Type>(), any); })
      t.ignores = E::ignores;
    if constexpr (requires(const O op, Type any) { op.indexed(std::span<const Type>(), any); }) t.indexed = E::indexed;
    if constexpr (requires(const O op, Continuation& c) { op.continued(c); }) t.continued = E::continued;
    if constexpr (requires { O::carries; }) t.carries = O::carries;
    t.example = E::example;
    return t;
  }();
  return table;
}

}  // namespace vitrine
