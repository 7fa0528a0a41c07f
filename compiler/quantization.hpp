#pragma once
// A model with its weights in few bits, as a graph: which weights there are (observe), what each is to become (choose),
// and the graph that reads codes and scales in their place (insert). Passes then move the dequantizing to where it
// costs least (move_dequantize) and make products of whole numbers (integer_products).
#include <map>
#include <string>
#include <vector>

#include "vitrine/graph.hpp"

namespace vitrine {

enum class Precision : std::uint8_t { f32, bf16, int8, int4 };
constexpr std::string_view name_of(Precision p) {
  constexpr std::array<std::string_view, 4> names{"f32", "bf16", "int8", "int4"};
  return names[static_cast<std::size_t>(p)];
}

/// What makes the scale of a group: its largest magnitude, which then has no error; or what leaves the smallest sum of
/// squared errors.
enum class ScaleBy : std::uint8_t { maximum, squared_error };

/// What becomes of a weight. Groups lie along the axis that products add up; 0: the whole axis is one. int8 is always
/// symmetric (code 0 is 0.0).
struct WeightFormat {
  Precision precision = Precision::int8;
  std::size_t group = 32;
  bool symmetric = true;
  ScaleBy scale_by = ScaleBy::maximum;
  bool operator==(const WeightFormat&) const = default;

  /// Bits that a weight takes, scale and zero with it, where the groups are full.
  double bits() const;
  /// "int4, groups of 32, asymmetric, scales by squared error".
  std::string str() const;
};

struct QuantizationScheme {
  std::string name = "int8";
  WeightFormat weights{};
  WeightFormat ends{};         // of the embedding and the head
  std::int64_t row_bits = 16;  // of the rows that meet quantized weights: 16, which nothing notices, or 8
  bool cache = false;          // what a language model keeps of a text has 8 bits too
};

/// A scheme as text: "int8", "int4", "bf16" (weights only), "dynamic_int8" (rows of 8 bits, a scale for each column),
/// followed by changes: "int4,group=128,symmetric,scale=maximum,ends=int4,cache=int8". UsageError that lists what there
/// is, with the nearest.
QuantizationScheme scheme_named(std::string_view text);

/// A parameter that can be in few bits: one that is read by products, convolutions or as a table, and by nothing else.
struct QuantizableWeight {
  std::string name;
  Type type;
  int axis = 0;      // along which groups lie
  bool end = false;  // a table that is gathered from, or a product that makes the output "y"
};

/// Observe: every weight of a traced forward graph that can be quantized, in the order of the graph.
std::vector<QuantizableWeight> quantizable_weights(const Graph& forward);

/// By the weight's name; weights that are not named stay f32.
using WeightFormats = std::map<std::string, WeightFormat>;

/// Choose: what the scheme makes of each.
WeightFormats formats_of(const std::vector<QuantizableWeight>&, const QuantizationScheme&);

/// The states that stand for a quantized weight: NAME.codes (i8, or u8 for int4 with two codes to a byte) and
/// NAME.scales (bf16), NAME.zeros (u8) if it is asymmetric; or NAME.bf16.
struct WeightStates {
  Type codes{}, scales{}, zeros{};  // zeros with an empty shape: none
  std::string codes_name{}, scales_name{}, zeros_name{};
  bool has_zeros() const { return !zeros_name.empty(); }
  bool has_scales() const { return !scales_name.empty(); }
};
WeightStates states_of(const QuantizableWeight&, const WeightFormat&);

/// Insert: the graph with dequantize(codes, scales) in the place of each weight, and fake_quantize {row_bits} around
/// what is multiplied by it. A model in use: what trains is gone. UsageError for a weight that cannot be quantized.
Graph quantized(const Graph& forward, const WeightFormats&, std::int64_t row_bits);

}  // namespace vitrine
