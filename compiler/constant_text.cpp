#include "compiler/constant_text.hpp"

#include <cstring>
#include <limits>

#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

template <class T> T element(const Node& constant, std::size_t i) {
  T made;
  std::memcpy(&made, constant.literal->data() + i * sizeof(T), sizeof(T));
  return made;
}

template <class T> void put(Constant& constant, T element) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&element);
  constant.bytes.insert(constant.bytes.end(), bytes, bytes + sizeof element);
}

template <class T> void put_whole(Constant& constant, std::string_view text) {
  std::int64_t n = 0;
  parse_attribute(text, n);
  if (n < std::int64_t{std::numeric_limits<T>::min()} || n > std::int64_t{std::numeric_limits<T>::max()})
    throw UsageError(std::to_string(n) + " does not fit into " + std::string(name_of(constant.type.dtype)));
  put(constant, static_cast<T>(n));
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

void append_element(Constant& constant, std::string_view text) {
  switch (constant.type.dtype) {
    case DType::f32: {
      Float number = 0.f;
      parse_attribute(text, number);
      return put(constant, number.bits);
    }
    case DType::boolean: {
      bool set = false;
      parse_attribute(text, set);
      return put(constant, static_cast<std::uint8_t>(set));
    }
    case DType::bf16: return put_whole<std::uint16_t>(constant, text);
    case DType::i32: return put_whole<std::int32_t>(constant, text);
    case DType::i8: return put_whole<std::int8_t>(constant, text);
    case DType::u8: return put_whole<std::uint8_t>(constant, text);
  }
}

}  // namespace vitrine
