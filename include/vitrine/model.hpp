#pragma once
// Models are structs of parameters and other models, reflected with BOOST_HANA_DEFINE_STRUCT. One fold over the members
// names every parameter by its path ("up.weight"), counts, initialises, saves and loads it.
#include <boost/hana/accessors.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/define_struct.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/unpack.hpp>

#include "vitrine/expr.hpp"

namespace vitrine {

constexpr Init normal(float deviation) { return {Init::Rule::normal, deviation}; }
constexpr Init uniform(float limit) { return {Init::Rule::uniform, limit}; }
constexpr Init filled_with(float number) { return {Init::Rule::constant, number}; }

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

/// The bytes that reflection sees, laid out as the language lays out a struct.
template <class M> constexpr std::size_t reflected_size() {
  return hana::unpack(hana::accessors<M>(), [](auto... entry) {
    std::size_t end = 0, alignment = 1;
    auto lay = [&]<class Member>(Member*) {
      end = (end + alignof(Member) - 1) / alignof(Member) * alignof(Member) + sizeof(Member);
      alignment = alignment > alignof(Member) ? alignment : alignof(Member);
    };
    (lay(static_cast<std::remove_reference_t<decltype(hana::second(entry)(std::declval<M&>()))>*>(nullptr)), ...);
    end = (end + alignment - 1) / alignment * alignment;
    return end == 0 ? std::size_t{1} : end;
  });
}

/// A model that hands out its members itself, instead of by a macro, so that none can be forgotten (Sequential).
template <class M>
concept HandsOutItsMembers = requires {
  M::hands_out_its_members;
};

/// A member that reflection does not see would never be trained, saved or shared, without a word.
template <class M> constexpr void demand_reflected() {
  if constexpr (HandsOutItsMembers<M>)
    return;
  else if constexpr (constexpr std::size_t seen = reflected_size<M>(); seen != sizeof(M))
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

/// Adds every parameter and statistic of a model, however deep. Members that are neither tensors nor models (a rate, a
/// flag) are settings and are passed over. (One list for every use: a fold over the members is slow to compile.)
template <class M>
void find_parameters(const M& model, std::vector<FoundParameter>& found, const std::string& path = "") {
  demand_reflected<M>();
  const auto add = [&]<class Member>(const std::string& name, const Member& member) {
    if constexpr (Shaped<Member>)
      found.push_back({name, &member.value, Member::type, init_of<Member>()});
    else if constexpr (Model<Member>)
      find_parameters(member, found, name + ".");
    else if constexpr (ArrayOfModels<Member>)
      for (std::size_t i = 0; i < member.size(); ++i)
        find_parameters(member[i], found, name + "." + std::to_string(i) + ".");
  };
  hana::unpack(hana::accessors<M>(),
               [&](auto... entry) { (add(path + hana::first(entry).c_str(), hana::second(entry)(model)), ...); });
}
template <class M> std::vector<FoundParameter> parameters_of(const M& model) {
  std::vector<FoundParameter> found;
  find_parameters(model, found);
  return found;
}

/// How many numbers a model learns, while the program compiles.
template <class M> constexpr std::size_t parameter_count() {
  demand_reflected<M>();
  return hana::unpack(hana::accessors<M>(), [](auto... entry) {
    auto count = []<class Member>(Member*) -> std::size_t {
      if constexpr (Shaped<Member>)
        return is_learned<Member> ? Member::type.shape.elements() : 0;
      else if constexpr (Model<Member>)
        return parameter_count<Member>();
      else if constexpr (ArrayOfModels<Member>)
        return std::tuple_size_v<Member> * parameter_count<typename Member::value_type>();
      else
        return 0;
    };
    return (count(static_cast<std::remove_reference_t<decltype(hana::second(entry)(std::declval<M&>()))>*>(nullptr)) +
            ... + std::size_t{0});
  });
}

template <class T> T input(Graph& graph, std::string name) { return T(graph.input(std::move(name), T::type)); }

/// The model with every parameter and statistic a state of the graph, named by its path.
template <class M> M bind(Graph& graph) {
  M model;
  for (const FoundParameter& p : parameters_of(model))
    *const_cast<Value*>(p.value) = graph.state(p.path, p.type, p.init);  // the model is ours: it is not const
  return model;
}

/// Where a bound model stands in the whole: "block.3.attention", or "" for the whole itself.
inline std::string path_of(const std::vector<FoundParameter>& parameters) {
  if (parameters.empty()) return "";
  const std::string &whole = parameters[0].value->node().name, &relative = parameters[0].path;
  return whole.size() > relative.size() ? whole.substr(0, whole.size() - relative.size() - 1) : "";
}
template <class M> std::string path_of(const M& model) { return path_of(parameters_of(model)); }

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
    const Graph::Scope scope(graph, path_of(layer), graph.phase());
    auto made = named(std::forward<E>(e));
    return Part<decltype(made)>{made};
  }
}

}  // namespace vitrine
