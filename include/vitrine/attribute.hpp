#pragma once
// Attributes as text, one pair of functions per type of member that an op may have. Defined in compiler/attribute.cpp.
#include <cstdint>
#include <string>
#include <string_view>

#include "vitrine/extent.hpp"
#include "vitrine/number.hpp"
#include "vitrine/positions.hpp"
#include "vitrine/type.hpp"

namespace vitrine {

/// The shortest text that reads back as the same float, always with a point, an exponent, inf or nan: "0.5", "1.0",
/// "1e-05", "nan(7fc00001)" for a NaN other than the usual one.
std::string print_attribute(Float);
std::string print_attribute(bool);
std::string print_attribute(std::int64_t);
std::string print_attribute(DType);
std::string print_attribute(Extent);              // "3x3"
std::string print_attribute(const Positions&);    // "[0, 2, 3, 1]"
std::string print_attribute(const Axis&);         // "time 128", "128"
std::string print_attribute(const Shape&);        // "[batch 64, 128]"
std::string print_attribute(const Type&);         // "f32[batch 64, 128]"
std::string print_attribute(const std::string&);  // "\"x * y\""

/// Throw UsageError with what was expected and what was found.
void parse_attribute(std::string_view, Float&);
void parse_attribute(std::string_view, bool&);
void parse_attribute(std::string_view, std::int64_t&);
void parse_attribute(std::string_view, DType&);
void parse_attribute(std::string_view, Extent&);
void parse_attribute(std::string_view, Positions&);
void parse_attribute(std::string_view, Axis&);
void parse_attribute(std::string_view, Shape&);
void parse_attribute(std::string_view, Type&);
void parse_attribute(std::string_view, std::string&);

}  // namespace vitrine
