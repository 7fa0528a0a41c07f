#include "tests/graph_results.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "compiler/constant_text.hpp"

namespace vitrine {

namespace {

template <class T> T element(const std::vector<std::byte>& bytes, std::size_t i) {
  T made;
  std::memcpy(&made, &bytes[i * sizeof made], sizeof made);
  return made;
}

bool same_element(const Bits& a, const Bits& b, std::size_t i) {
  const std::size_t size = size_of(a.type.dtype);
  if (std::memcmp(&a.bytes[i * size], &b.bytes[i * size], size) == 0) return true;
  return a.type.dtype == DType::f32 && std::isnan(element<float>(a.bytes, i)) && std::isnan(element<float>(b.bytes, i));
}

std::string text_of(const Bits& bits, std::size_t i) {
  return element_text(Node{.type = bits.type, .literal = std::make_shared<std::vector<std::byte>>(bits.bytes)}, i);
}

}  // namespace

Results<Value> results_of(const Graph& graph) {
  Results<Value> made;
  for (const auto& [name, v] : graph.outputs()) made["output " + name] = v;
  for (const auto& [state, next] : graph.updates()) made["state " + state.node().name] = next;
  return made;
}

template <class Real> Values<Real> leaves_of(const Graph& graph, const Leaves& leaves) {
  Values<Real> made;
  for (const auto& [name, bytes] : leaves) {
    const Value v = graph.find(name);
    if (!v) continue;
    std::vector<std::byte>& to = made[v.id] = bytes;
    if (v.type().dtype != DType::f32 || sizeof(Real) == sizeof(float)) continue;
    to.resize(v.type().shape.elements() * sizeof(Real));
    for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
      const Real wide = element<float>(bytes, i);
      std::memcpy(&to[i * sizeof wide], &wide, sizeof wide);
    }
  }
  return made;
}
template Values<float> leaves_of<float>(const Graph&, const Leaves&);
template Values<double> leaves_of<double>(const Graph&, const Leaves&);

Results<Bits> reference_bits(const Graph& graph, const Leaves& leaves) {
  const Values<float> values = evaluate<float>(graph, leaves_of<float>(graph, leaves));
  Results<Bits> made;
  for (const auto& [name, v] : results_of(graph)) made[name] = {v.type(), values.at(v.id)};
  return made;
}

std::string difference(const Results<Bits>& before, const Results<Bits>& now) {
  for (const auto& [name, was] : before) {
    const auto found = now.find(name);
    if (found == now.end()) return name + " is gone";
    const Bits& is = found->second;
    if (is.type != was.type) return (Sentence{} << name << " is " << is.type << ", and was " << was.type).str();
    for (std::size_t i = 0; i < was.type.shape.elements(); ++i)
      if (!same_element(was, is, i))
        return fmt::format("{} is {} at element {}, and was {}", name, text_of(is, i), i, text_of(was, i));
  }
  return "";
}

template <class Real> std::vector<double> as_numbers(const Type& type, const std::vector<std::byte>& bytes) {
  std::vector<double> made;
  for (std::size_t i = 0; i < type.shape.elements(); ++i) switch (type.dtype) {
      case DType::f32: made.push_back(static_cast<double>(element<Real>(bytes, i))); break;
      case DType::bf16: made.push_back(element<std::uint16_t>(bytes, i)); break;
      case DType::i32: made.push_back(element<std::int32_t>(bytes, i)); break;
      default: made.push_back(element<std::uint8_t>(bytes, i));
    }
  return made;
}
template std::vector<double> as_numbers<float>(const Type&, const std::vector<std::byte>&);
template std::vector<double> as_numbers<double>(const Type&, const std::vector<std::byte>&);

}  // namespace vitrine
