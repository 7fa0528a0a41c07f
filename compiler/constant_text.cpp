#include "compiler/constant_text.hpp"

#include <cstring>

#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

template <class T> T element(const Node& constant, std::size_t i) {
  T made;
  std::memcpy(&made, constant.literal->data() + i * sizeof(T), sizeof(T));
  return made;
}

}  // namespace

std::string element_text(const Node& constant, std::size_t i) {
  switch (constant.type.dtype) {
    case DType::f32: return print_attribute(Float(element<float>(constant, i)));
    case DType::bf16: return print_attribute(std::int64_t{element<std::uint16_t>(constant, i)});
    case DType::i32: return print_attribute(std::int64_t{element<std::int32_t>(constant, i)});
    case DType::i8: return print_attribute(std::int64_t{element<std::int8_t>(constant, i)});
    case DType::u8: return print_attribute(std::int64_t{element<std::uint8_t>(constant, i)});
    case DType::boolean: return print_attribute(element<std::uint8_t>(constant, i) != 0);
  }
  return {};
}

}  // namespace vitrine
