#pragma once
// The front end. An expression is a tree type that carries its tensor type; naming it collapses it into graph nodes.
#include <source_location>

#include "vitrine/graph.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/stop_the_build.hpp"

namespace vitrine {

template <class T>
concept Shaped = requires {
  { std::remove_cvref_t<T>::type } -> std::convertible_to<Type>;
};
template <class T>
concept Operand = Shaped<T> || std::same_as<std::remove_cvref_t<T>, Value>;

/// A number written into an expression: f32[].
struct Literal {
  static constexpr Type type{};
  float value;
};

/// What stands for an expression that was refused: whatever is made of it says nothing more, so that one mistake is one
/// error.
struct Refused {
  static constexpr Type type{};
  Value value{};
};
template <class T> inline constexpr bool is_refused = std::same_as<std::remove_cvref_t<T>, Refused>;

/// Argument I of an expression. (A tuple's own machinery would cost a model file a fifth of its compile time.)
template <std::size_t I, class Arg> struct Held { Arg arg; };

template <class Places, class... Args> struct HeldArgs;
template <std::size_t... I, class... Args> struct HeldArgs<std::index_sequence<I...>, Args...> : Held<I, Args>... {
  constexpr explicit HeldArgs(Args&&... a) : Held<I, Args>{std::move(a)}... {}
  /// The graph of the first argument that has one.
  Graph* graph() const {
    Graph* found = nullptr;
    ((found = found ? found : graph_of(static_cast<const Held<I, Args>&>(*this).arg)), ...);
    return found;
  }
  Value traced(const Op& op, Graph& graph) const {
    return emit(graph, op, {trace(static_cast<const Held<I, Args>&>(*this).arg, graph)...});
  }
};

/// Op applied to Args, which it owns. Op is a value (say Matmul{}), so the type rule is a constant expression.
/// Usable once: a tree used twice would be traced twice at every residual.
template <auto O, Shaped... Args> struct Expr {
  static constexpr Type type = infer(O, Args::type...).type;
  HeldArgs<std::index_sequence_for<Args...>, Args...> args;

  constexpr explicit Expr(Args... a) : args(std::move(a)...) {}
  Expr(const Expr&) = delete;
  Expr(Expr&&) = default;
  Expr& operator=(const Expr&) = delete;
  Expr& operator=(Expr&&) = delete;
  ~Expr() = default;
};

template <class T> inline constexpr bool is_reused_expr = false;
template <auto O, class... Args> inline constexpr bool is_reused_expr<Expr<O, Args...>&> = true;
template <auto O, class... Args> inline constexpr bool is_reused_expr<const Expr<O, Args...>&> = true;

constexpr Sentence name_it(const Type& type) {
  return Sentence{} << "an expression is usable once: name it, as in Tensor<...> h = ..., and use h; it makes " << type;
}
template <class Arg> constexpr void demand_usable() {
  if constexpr (is_reused_expr<Arg>) stop_the_build<name_it(std::remove_cvref_t<Arg>::type)>();
}

/// A value already in the graph, its type in its C++ type. Initialising one from an expression traces the expression,
/// checks the type that was written down, and remembers where it was written.
template <DType D, Axis... Axes> struct Typed {
  static constexpr Type type{D, shape_of<Axes...>};
  Value value;

  Typed() : Typed(Value{}) {}
  explicit Typed(Value v) : value(v) {
    if constexpr (holds_a_name_twice(type.shape)) stop_the_build<name_held_twice("declared", type.shape)>();
  }
  template <class E>
  requires(Shaped<E> && !std::same_as<std::remove_cvref_t<E>, Typed>)
      Typed(E&& e, std::source_location at = std::source_location::current()) {
    demand_usable<E>();
    constexpr Type made = std::remove_cvref_t<E>::type;
    if constexpr (!agree(type, made) && !is_refused<E>) stop_the_build<disagreement(type, made)>();
    Graph& graph = *graph_of(e);
    value = trace(e, graph);
    if constexpr (type != made) value = emit(Op::lasting<Rename{type.shape}>(), {value});
    graph.locate(at.file_name(), at.line());
  }
};
template <Axis... Axes> using Tensor = Typed<DType::f32, Axes...>;
template <Axis... Axes> using Indices = Typed<DType::i32, Axes...>;
template <Axis... Axes> using Mask = Typed<DType::boolean, Axes...>;

/// The graph an expression's leaves live in; null for a literal.
inline Graph* graph_of(const Literal&) { return nullptr; }
inline Graph* graph_of(const Refused&) { return nullptr; }
template <DType D, Axis... Axes> Graph* graph_of(const Typed<D, Axes...>& t) { return t.value.graph; }
template <auto O, class... Args> Graph* graph_of(const Expr<O, Args...>& e) { return e.args.graph(); }

/// The op a tree's node becomes in the graph. A user's formula (map) becomes a table of its own.
template <auto O> Op graph_op() {
  if constexpr (requires { O.lowered(); })
    return O.lowered();
  else
    return Op::lasting<O>();
}

inline Value trace(const Literal& n, Graph& graph) { return number(graph, n.value); }
inline Value trace(const Refused&, Graph&) { return {}; }
template <DType D, Axis... Axes> Value trace(const Typed<D, Axes...>& t, Graph&) { return t.value; }
template <auto O, class... Args> Value trace(const Expr<O, Args...>& e, Graph& graph) {
  return e.args.traced(graph_op<O>(), graph);
}

/// The Typed that an expression makes. (A struct: g++ 12 crashes on an alias here.)
template <class E, class I = std::make_index_sequence<E::type.shape.count_of_axes>> struct Made;
template <class E, std::size_t... I> struct Made<E, std::index_sequence<I...>> {
  using type = Typed<E::type.dtype, E::type.shape.axes[I]...>;
};

/// Traces an expression now and hands out the value it makes, of exactly its type. Layers name their input with it, so
/// that what was built outside of them does not count as theirs.
template <Shaped E> auto named(E&& e) {
  demand_usable<E>();
  if constexpr (is_refused<E>)
    return Refused{};
  else
    return typename Made<std::remove_cvref_t<E>>::type(trace(e, *graph_of(e)));
}

/// Builds the expression, or stops the build with a sentence. (Checked here and not in Expr, whose static members are
/// instantiated late: clang would let a wrong shape pass.) On Values it adds a node at once.
template <auto O, Operand... Args> constexpr auto apply(Args&&... a) {
  if constexpr ((Shaped<Args> && ...)) {
    (demand_usable<Args>(), ...);
    if constexpr (((is_refused<Args> || is_reused_expr<Args>) || ...)) {
      return Refused{};
    } else if constexpr (constexpr Inferred made = infer(O, std::remove_cvref_t<Args>::type...); !made.ok()) {
      stop_the_build<made.why>();
      return Refused{};
    } else {
      return Expr<O, std::remove_cvref_t<Args>...>(std::forward<Args>(a)...);
    }
  } else {
    return emit(graph_op<O>(), {a...});
  }
}

/// A number beside an operand: a literal in an expression, a constant beside a Value.
constexpr Literal beside(const Shaped auto&, float n) { return {n}; }
inline Value beside(const Value& v, float n) { return number(*v.graph, n); }

}  // namespace vitrine
