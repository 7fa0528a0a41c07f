#pragma once
// A graph's leaves given by name, and its values as numbers.
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "compiler/reference.hpp"

namespace vitrine {

using Named = std::vector<std::pair<std::string, std::vector<double>>>;

/// f32 leaves as Real; i32 leaves rounded.
template <class Real> Values<Real> leaves(const Graph& graph, const Named& given) {
  Values<Real> made;
  for (const auto& [name, numbers] : given) {
    const Value v = graph.find(name);
    auto& bytes = made[v.id];
    auto put = [&](auto x) {
      const auto* from = reinterpret_cast<const std::byte*>(&x);
      bytes.insert(bytes.end(), from, from + sizeof x);
    };
    for (double x : numbers) {
      if (v.type().dtype == DType::i32)
        put(static_cast<std::int32_t>(x));
      else
        put(static_cast<Real>(x));
    }
  }
  return made;
}

template <class Real> std::vector<double> numbers(const Values<Real>& values, Value v) {
  const auto& bytes = values.at(v.id);
  std::vector<double> made;
  for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
    const auto put = [&]<class T>(T x) {
      std::memcpy(&x, bytes.data() + i * sizeof x, sizeof x);
      made.push_back(static_cast<double>(x));
    };
    if (v.type().dtype == DType::i32)
      put(std::int32_t{});
    else if (v.type().dtype == DType::boolean)
      put(std::uint8_t{});
    else
      put(Real{});
  }
  return made;
}

inline Value output_of(const Graph& graph, std::string_view name) {
  for (const auto& [label, v] : graph.outputs())
    if (label == name) return v;
  return {};
}

/// What a call throws, as text; "" if it throws nothing of that type.
template <class Error, class F> std::string complaint(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace vitrine
