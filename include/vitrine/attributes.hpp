#pragma once
// Attributes of an op: members that Hana reflects, as BOOST_HANA_DEFINE_STRUCT makes them, but whose list of names and
// accessors is made where somebody asks for it. Hana's own makes it where the struct is: with some thirty ops that was
// a quarter of the seconds that a model file takes to compile, for a list that only op tables read.
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>

namespace vitrine {

/// Reads a member of an op, const or not.
template <auto Member> struct AttributeOf {
  constexpr auto& operator()(auto& op) const { return op.*Member; }
};

/// The 0 stands before the comma that the first of them brings along.
constexpr auto attribute_list(int, auto... pairs) { return boost::hana::make_tuple(pairs...); }

}  // namespace vitrine

// Calls MACRO for each of up to 64 arguments: a macro that names itself again is expanded by the rescans of
// VITRINE_RESCAN.
#define VITRINE_PARENTHESES ()
#define VITRINE_RESCAN(...) VITRINE_RESCAN_4(VITRINE_RESCAN_4(VITRINE_RESCAN_4(VITRINE_RESCAN_4(__VA_ARGS__))))
#define VITRINE_RESCAN_4(...) VITRINE_RESCAN_1(VITRINE_RESCAN_1(VITRINE_RESCAN_1(VITRINE_RESCAN_1(__VA_ARGS__))))
#define VITRINE_RESCAN_1(...) __VA_ARGS__
#define VITRINE_EACH(MACRO, ...) __VA_OPT__(VITRINE_RESCAN(VITRINE_EACH_STEP(MACRO, __VA_ARGS__)))
#define VITRINE_EACH_STEP(MACRO, FIRST, ...) \
  MACRO(FIRST) __VA_OPT__(VITRINE_EACH_AGAIN VITRINE_PARENTHESES(MACRO, __VA_ARGS__))
#define VITRINE_EACH_AGAIN() VITRINE_EACH_STEP

#define VITRINE_DECLARE(MEMBER) VITRINE_DECLARE_MEMBER MEMBER
#define VITRINE_DECLARE_MEMBER(TYPE, NAME) TYPE NAME;
#define VITRINE_REFLECT(MEMBER) , VITRINE_REFLECT_MEMBER MEMBER
#define VITRINE_REFLECT_MEMBER(TYPE, NAME) \
  ::boost::hana::make_pair(BOOST_HANA_STRING(#NAME), ::vitrine::AttributeOf<&Self::NAME>{})

/// VITRINE_ATTRIBUTES(Op, (type, name), ...) declares the members in this order.
#define VITRINE_ATTRIBUTES(OP, ...)                                                   \
  VITRINE_EACH(VITRINE_DECLARE, __VA_ARGS__)                                          \
  struct hana_accessors_impl {                                                        \
    template <class Self = OP> static constexpr auto apply() {                        \
      return ::vitrine::attribute_list(0 VITRINE_EACH(VITRINE_REFLECT, __VA_ARGS__)); \
    }                                                                                 \
  }
