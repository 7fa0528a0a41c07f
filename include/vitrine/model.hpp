#pragma once
// Models are structs of parameters and other models, reflected with BOOST_HANA_DEFINE_STRUCT. One fold over the members
// names every parameter by its path ("up.weight"), counts, initialises, saves and loads it.
#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>

#include "vitrine/expr.hpp"

namespace vitrine {

namespace hana = boost::hana;

constexpr Init normal(float deviation) { return {Init::Rule::normal, deviation}; }
constexpr Init uniform(float limit) { return {Init::Rule::uniform, limit}; }
constexpr Init filled_with(float number) { return {Init::Rule::constant, number}; }
/// Declares that a model uses the parameter in two places or more, as Embedding<token, width, tied(normal(0.02f))> that
/// makes the scores too. `vitrine lint` says where it does not.
constexpr Init tied(Init begin) {
  begin.tied = true;
  return begin;
}

/// A tensor that a model learns, and how it begins.
template <Init I, Axis... Axes> struct Parameter : Typed<DType::f32, Axes...> { static constexpr Init init = I; };

/// A tensor that a model keeps up to date by itself, as a running mean: a state with a path like a parameter's, but no
/// gradient reaches it and it does not count as learned. The layer says its next value with Graph::update.
template <Init I, Axis... Axes> struct Statistic : Typed<DType::f32, Axes...> {
  static constexpr Init init = I;
  static constexpr bool learned = false;
};
template <class Member> inline constexpr bool is_learned = true;
template <class Member>
requires requires { Member::learned; }
inline constexpr bool is_learned<Member> = Member::learned;

/// The square root in a constant expression, by Newton's method.
constexpr double root(double x) {
  double r = x > 1 ? x : 1;
  for (int i = 0; i < 200; ++i) r = (r + x / r) / 2;
  return r;
}

/// How a parameter begins: as its Parameter says. A plain Tensor with two axes or more is normal with deviation
/// 1/sqrt(first axis) (LeCun et al., Efficient BackProp, 1998, section 4.6), any other is 0.
template <class Member> constexpr Init init_of() {
  if constexpr (requires { Member::init; })
    return Member::init;
  else if constexpr (Member::type.shape.rank() < 2)
    return filled_with(0);
  else
    return normal(static_cast<float>(1 / root(static_cast<double>(Member::type.shape[0].size))));
}

template <class T>
concept Model = hana::Struct<std::remove_cvref_t<T>>::value;
template <class T>
concept ArrayOfModels = requires(T t) {
  t[0];
  requires Model<decltype(t[0])>;
  t.size();
};

/// What Hana reflects of a struct, as a list of types: names, and how to reach each member. (Hana's own loops make a
/// function for every pair and every tuple of them, which costs a model file a third of its compile time.)
template <class M, class Accessors = decltype(hana::accessors<M>())> struct Members;
template <class M, class... Name, class... Get> struct Members<M, hana::tuple<hana::pair<Name, Get>...>> {
  template <class Reach> using Type = std::remove_cvref_t<decltype(Reach{}(std::declval<const M&>()))>;

  /// The bytes of all of them, laid out as the language lays out a struct.
  static constexpr std::size_t bytes() {
    std::size_t end = 0, alignment = 1;
    [[maybe_unused]] const auto lay = [&](std::size_t size, std::size_t aligned) {
      end = (end + aligned - 1) / aligned * aligned + size;
      alignment = alignment > aligned ? alignment : aligned;
    };
    (lay(sizeof(Type<Get>), alignof(Type<Get>)), ...);
    end = (end + alignment - 1) / alignment * alignment;
    return end == 0 ? 1 : end;
  }
  /// Calls visit(member, name) for each.
  static void each(const M& model, const auto& visit) { (visit(Get{}(model), Name::c_str()), ...); }
  static constexpr std::size_t sum(const auto& count) {
    return (count(static_cast<Type<Get>*>(nullptr)) + ... + std::size_t{0});
  }
};

/// A model that hands out its members itself, instead of by a macro, so that none can be forgotten (Sequential).
template <class M>
concept HandsOutItsMembers = requires {
  M::hands_out_its_members;
};

/// A member that reflection does not see would never be trained, saved or shared, without a word.
template <class M> constexpr void demand_reflected() {
  if constexpr (HandsOutItsMembers<M>)
    return;
  else if constexpr (constexpr std::size_t seen = Members<M>::bytes(); seen != sizeof(M))
    stop_the_build<Sentence{} << "a model has " << sizeof(M) << " bytes of members, but reflection sees " << seen
                              << ": name every parameter in BOOST_HANA_DEFINE_STRUCT">();
}

/// A model's parameter or statistic: its path, where its value is kept, and how it begins.
struct FoundParameter {
  std::string path;
  const Value* value;
  Type type;
  Init init;
};

/// The list of a model's parameters while it is made, and where in the model we are.
class ParameterList {
 public:
  void add(const char* name, const Value& value, const Type& type, Init init);
  void enter(const char* name);
  void enter(const char* name, std::size_t number);
  void leave();
  std::vector<FoundParameter> take() { return std::move(found_); }

 private:
  std::vector<FoundParameter> found_{};
  std::string path_{};                // with a dot at its end
  std::vector<std::size_t> lengths_;  // of the path at each level above
};

/// Adds every parameter and statistic of a model, however deep. Members that are neither tensors nor models (a rate, a
/// flag) are settings and are passed over.
template <class M> void find_parameters(const M& model, ParameterList& found) {
  demand_reflected<M>();
  Members<M>::each(model, [&]<class Member>(const Member& member, const char* name) {
    if constexpr (Shaped<Member>) {
      found.add(name, member.value, Member::type, init_of<Member>());
    } else if constexpr (Model<Member>) {
      found.enter(name);
      find_parameters(member, found);
      found.leave();
    } else if constexpr (ArrayOfModels<Member>) {
      for (std::size_t i = 0; i < member.size(); ++i) {
        found.enter(name, i);
        find_parameters(member[i], found);
        found.leave();
      }
    }
  });
}
template <class M> std::vector<FoundParameter> parameters_of(const M& model) {
  ParameterList found;
  find_parameters(model, found);
  return found.take();
}

/// How many numbers a model learns, while the program compiles.
template <class M> constexpr std::size_t parameter_count() {
  demand_reflected<M>();
  return Members<M>::sum([]<class Member>(Member*) -> std::size_t {
    if constexpr (Shaped<Member>)
      return is_learned<Member> ? Member::type.shape.elements() : 0;
    else if constexpr (Model<Member>)
      return parameter_count<Member>();
    else if constexpr (ArrayOfModels<Member>)
      return std::tuple_size_v<Member> * parameter_count<typename Member::value_type>();
    else
      return 0;
  });
}

template <class T> T input(Graph& graph, std::string name) { return T(graph.input(std::move(name), T::type)); }

/// The model, its settings kept, with every parameter and statistic a state of the graph, named by its path.
template <class M> M bind(Graph& graph, M model = M()) {
  make_states(graph, parameters_of(model));
  return model;
}
/// Makes each a state of the graph and the value where it is kept that state's.
void make_states(Graph& graph, const std::vector<FoundParameter>& parameters);

/// What a layer traces, in that layer's frame: "block.3.attention", or "" for the whole model itself. `parameters` are
/// those of the layer, bound.
Graph::Scope scope_of(Graph& graph, const std::vector<FoundParameter>& parameters);

/// What a layer made. Not a Tensor, so that the Tensor a user names it by still says on which line.
template <class T> struct Part {
  static constexpr Type type = T::type;
  T tensor;
};
template <class T> Graph* graph_of(const Part<T>& p) { return p.tensor.value.graph; }
template <class T> Value trace(const Part<T>& p, Graph&) { return p.tensor.value; }

/// Traces a layer's expression now, as that layer's: pictures draw its nodes in one frame. What the layer was given
/// must be named(...) first, or it would count as the layer's own.
template <class M, Shaped E> auto within(const M& layer, E&& e) {
  if constexpr (is_refused<E>) {
    return Refused{};
  } else {
    auto& graph = *graph_of(e);
    const Graph::Scope scope = scope_of(graph, parameters_of(layer));
    auto made = named(std::forward<E>(e));
    return Part<decltype(made)>{made};
  }
}

/// The same for a layer that does one thing after another to `x`, which is named: build() makes its last expression,
/// and what it names or other layers make on the way is drawn in this layer's frame.
template <class M, Shaped X, std::invocable Build> auto within(const M& layer, const X& x, Build build) {
  if constexpr (is_refused<X> || is_refused<decltype(build())>) {
    return Refused{};
  } else {
    auto& graph = *x.value.graph;
    const Graph::Scope scope = scope_of(graph, parameters_of(layer));
    auto made = named(build());
    return Part<decltype(made)>{made};
  }
}

}  // namespace vitrine
