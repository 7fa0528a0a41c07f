#include "compiler/quantization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "compiler/annotations.hpp"
#include "compiler/passes.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/conv2d.hpp"
#include "vitrine/ops/dequantize.hpp"
#include "vitrine/ops/fake_quantize.hpp"
#include "vitrine/ops/gather.hpp"
#include "vitrine/ops/matmul.hpp"
#include "vitrine/ops/rename.hpp"
#include "vitrine/ops/reshape.hpp"
#include "vitrine/ops/transpose.hpp"
#include "vitrine/ops/unpack_int4.hpp"

namespace vitrine {

namespace {

/// Who reads a weight, through other names and transposes. `turned`: what they read is its transpose.
struct Reader {
  Value node;
  bool turned;
};
void collect_readers(const Graph& graph, Value weight, bool turned, std::vector<Reader>& found) {
  for (Value user : graph.users(weight)) {
    if (as<Rename>(user))
      collect_readers(graph, user, turned, found);
    else if (as<Transpose>(user) && weight.type().shape.rank() == 2)
      collect_readers(graph, user, !turned, found);
    else
      found.push_back({user, turned});
  }
}

/// Whether the reader looks at no more than the weight: it is its operand number k.
bool reads_as(Value reader, Value weight, std::size_t k) {
  Value operand = reader.operands()[k];
  while (as<Rename>(operand) || as<Transpose>(operand)) operand = operand.operands()[0];
  if (operand != weight) return false;
  for (std::size_t i = 0; i < reader.operands().size(); ++i)
    if (i != k && reader.operands()[i] == reader.operands()[k]) return false;
  return true;
}

/// Along which axis of the weight groups lie for this reader; none if it reads it otherwise than products and tables
/// do.
int group_axis(const Reader& reader, Value weight) {
  const int rank = weight.type().shape.rank();
  if (const auto* product = as<Matmul>(reader.node)) {
    if (rank != 2 || !reads_as(reader.node, weight, 1)) return -1;
    return product->transpose_right != reader.turned ? 1 : 0;
  }
  if (const auto* table = as<Gather>(reader.node)) {
    if (rank != 2 || !reads_as(reader.node, weight, 0)) return -1;
    return reader.turned ? static_cast<int>(table->axis) : 1 - static_cast<int>(table->axis);
  }
  if (as<Conv2d>(reader.node) && rank == 4 && reads_as(reader.node, weight, 1)) return rank - 2;
  return -1;
}

/// The products that make output "y": nothing but what works element by element, or on the look of it, lies between.
std::set<std::uint32_t> last_products(const Graph& forward) {
  std::set<std::uint32_t> found, seen;
  std::vector<Value> open;
  for (const auto& [name, value] : forward.outputs())
    if (name == "y") open.push_back(value);
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    if (!v.op() || !seen.insert(v.id).second) continue;
    if (as<Matmul>(v))
      found.insert(v.id);
    else if (v.op()->info->elementwise() || v.op()->info->view)
      open.insert(open.end(), v.operands().begin(), v.operands().end());
  }
  return found;
}

/// A filter's products are added up over all axes but the last: its codes lie as a matrix.
bool is_filter(const QuantizableWeight& weight) { return weight.type.shape.rank() > 2; }
Type matrix_of(const QuantizableWeight& weight) {
  if (!is_filter(weight)) return weight.type;
  const Shape& shape = weight.type.shape;
  return {weight.type.dtype, Shape{} << shape.elements() / std::max<std::size_t>(1, shape[-1].size) << shape[-1]};
}

/// What stands in a weight's place.
Value inserted(Graph& graph, const QuantizableWeight& weight, const WeightFormat& format) {
  const WeightStates states = states_of(weight, format);
  const Value codes = graph.state(states.codes_name, states.codes);
  if (format.precision == Precision::bf16) return emit(Cast{DType::f32}, {codes});
  const Value scales = graph.state(states.scales_name, states.scales);
  const Shape matrix = matrix_of(weight).shape;
  const int axis = is_filter(weight) ? 0 : weight.axis;
  const auto group = static_cast<std::int64_t>(format.group == 0 ? matrix[axis].size : format.group);
  const bool four = format.precision == Precision::int4;
  const Value whole = four ? emit(UnpackInt4{axis, group, matrix[axis]}, {codes}) : codes;
  const Value numbers = states.has_zeros() ? emit(Dequantize<true>{axis, group},
                                                  {whole, scales, graph.state(states.zeros_name, states.zeros)})
                                           : emit(Dequantize<false>{axis, group, four ? 8 : 0}, {whole, scales});
  return is_filter(weight) ? emit(Reshape{weight.type.shape}, {numbers}) : numbers;
}

/// Whether a product's weight is made of codes.
bool is_in_few_bits(Value weight) {
  while (as<Rename>(weight) || as<Transpose>(weight)) weight = weight.operands()[0];
  return as<Dequantize<false>>(weight) || as<Dequantize<true>>(weight);
}

}  // namespace

double WeightFormat::bits() const {
  const double each_group = group == 0 ? 0 : 1 / static_cast<double>(group);
  switch (precision) {
    case Precision::f32: return 32;
    case Precision::bf16: return 16;
    case Precision::int8: return 8 + 16 * each_group;
    default: return 4 + (symmetric ? 16 : 24) * each_group;
  }
}

std::string WeightFormat::str() const {
  if (precision == Precision::f32 || precision == Precision::bf16) return std::string(name_of(precision));
  return fmt::format("{}, {}, {}, scales by {}", name_of(precision),
                     group == 0 ? std::string("one group") : fmt::format("groups of {}", group),
                     symmetric ? "symmetric" : "asymmetric",
                     scale_by == ScaleBy::maximum ? "maximum" : "squared error");
}

std::vector<QuantizableWeight> quantizable_weights(const Graph& forward) {
  const std::set<std::uint32_t> last = last_products(forward);
  std::vector<QuantizableWeight> found;
  for (Value v : forward.topological()) {
    if (v.node().leaf != Leaf::state || v.type().dtype != DType::f32 || v.type().shape.rank() < 2 || forward.next(v) ||
        forward.is_result(v) || v.type().shape.elements() == 0)
      continue;
    std::vector<Reader> readers;
    collect_readers(forward, v, false, readers);
    QuantizableWeight weight{.name = v.node().name, .type = v.type()};
    weight.axis = readers.empty() ? -1 : group_axis(readers[0], v);
    for (const Reader& reader : readers) {
      if (group_axis(reader, v) != weight.axis) weight.axis = -1;
      weight.end |= as<Gather>(reader.node) || last.contains(reader.node.id);
    }
    if (weight.axis >= 0) found.push_back(std::move(weight));
  }
  return found;
}

WeightFormats formats_of(const std::vector<QuantizableWeight>& weights, const QuantizationScheme& scheme) {
  WeightFormats made;
  for (const QuantizableWeight& weight : weights) made[weight.name] = weight.end ? scheme.ends : scheme.weights;
  std::erase_if(made, [](const auto& each) { return each.second.precision == Precision::f32; });
  return made;
}

WeightStates states_of(const QuantizableWeight& weight, const WeightFormat& format) {
  const Shape matrix = matrix_of(weight).shape;
  const int axis = is_filter(weight) ? 0 : weight.axis;
  if (format.precision == Precision::bf16)
    return {.codes = {DType::bf16, weight.type.shape}, .codes_name = weight.name + ".bf16"};
  if (format.precision == Precision::f32)
    throw InternalError("states_of was asked for the codes of '" + weight.name + "', which stays f32");
  const std::size_t size = matrix[axis].size, group = format.group == 0 ? size : format.group;
  const Shape by_group = matrix.with(axis, groups_of(size, group));
  WeightStates made{.codes = {DType::i8, matrix},
                    .scales = {DType::bf16, by_group},
                    .codes_name = weight.name + ".codes",
                    .scales_name = weight.name + ".scales"};
  if (format.precision == Precision::int8) return made;
  made.codes = {DType::u8, matrix.with(axis, int4_bytes(size, group))};
  if (!format.symmetric) made.zeros = {DType::u8, by_group}, made.zeros_name = weight.name + ".zeros";
  return made;
}

Graph quantized(const Graph& forward, const WeightFormats& formats, std::int64_t row_bits) {
  Graph made(forward);
  optimize(made, passes_named("inference,remove_unused"), {.record = false});
  const std::vector<QuantizableWeight> weights = quantizable_weights(made);
  for (const auto& [name, format] : formats)
    if (std::ranges::find(weights, name, &QuantizableWeight::name) == weights.end())
      throw UsageError(
          fmt::format("quantize: graph '{}' has no weight '{}' that can be in few bits: a weight is read by "
                      "products, convolutions or as a table, along one axis, and by nothing else",
                      forward.name(), name));
  Record record;
  Rewriter rewriter(made, "quantize", record);
  for (const QuantizableWeight& weight : weights) {
    const auto format = formats.find(weight.name);
    if (format == formats.end()) continue;
    const Value state = made.find(weight.name);
    // A state has no line and belongs to no module; its codes have those of who reads them first.
    std::vector<Reader> readers;
    collect_readers(made, state, false, readers);
    const Location where = readers[0].node.node().at;
    const std::uint32_t first = made.end_of_ids();
    rewriter.replace(state, inserted(made, weight, format->second), "weight => dequantize(codes, scales)");
    for (std::uint32_t id = first; id < made.end_of_ids(); ++id)
      Annotations::set(made.find(id), where, Phase::forward, {state.id}, 0);
    rewriter.erase(state, "a state that nothing reads => nothing");
  }
  for (Value v : made.topological()) {
    const auto* const product = as<Matmul>(v);
    if (!product || !is_used(v) || product->transpose_left || !is_in_few_bits(v.operands()[1])) continue;
    const Value rounded = emit(FakeQuantize{row_bits}, {v.operands()[0]});
    rewriter.replace(v, emit(*product, {rounded, v.operands()[1]}), "matmul(x, w) => matmul(fake_quantize(x), w)");
    rewriter.erase(v, "unread => nothing");
  }
  return made;
}

}  // namespace vitrine
