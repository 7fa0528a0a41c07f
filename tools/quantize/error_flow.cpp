#include "tools/quantize/error_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "compiler/weight_codes.hpp"
#include "vitrine/bfloat16.hpp"
#include "vitrine/elementwise.hpp"
#include "vitrine/error.hpp"
#include "vitrine/ops/fake_quantize.hpp"

namespace vitrine {

namespace {

Values<float> values_of(const Graph& graph, const States& states, const ExampleInputs& inputs) {
  Values<float> leaves;
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    if (node.leaf == Leaf::state) {
      const auto bytes = states.bytes(node.name);
      leaves[v.id] = {bytes.begin(), bytes.end()};
    } else if (node.leaf == Leaf::input) {
      const auto given = inputs.find(node.name);
      if (given == inputs.end() || given->second.size() != node.type.bytes())
        throw InternalError("error_flow: input '" + node.name + "' is not given, or has another size");
      leaves[v.id] = given->second;
    }
  }
  return evaluate<float>(graph, leaves);
}

/// The node in f32 that a node of the quantized graph stands for: itself, or what it was made of. Rounded rows stand
/// for the rows.
Value counterpart(const Graph& before, Value v) {
  if (as<FakeQuantize>(v)) return counterpart(before, v.operands()[0]);
  const Value same = before.find(v.id);
  if (same && same.type() == v.type() && (v.op() != nullptr) == (same.op() != nullptr) &&
      (!v.op() || *v.op() == *same.op()))
    return same;
  for (const std::uint32_t id : v.node().origin) {
    const Value made_of = before.find(id);
    if (made_of && made_of.type() == v.type()) return made_of;
  }
  return {};
}

double decibels(const Type& type, const std::vector<std::byte>& wanted, const std::vector<std::byte>& got) {
  const auto at = [&](const std::vector<std::byte>& bytes, std::size_t i) {
    return static_cast<double>(
        load<double>(Buffer<float>{type, const_cast<std::byte*>(bytes.data())}, i).value);  // only read
  };
  double signal = 0, noise = 0;
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    const double x = at(wanted, i), y = at(got, i);
    if (!std::isfinite(x) && !std::isfinite(y)) continue;  // a mask
    signal += x * x, noise += (x - y) * (x - y);
  }
  return signal_to_noise(signal, noise);
}

/// From little lost to much; light to dark, and told apart by colour-blind eyes too.
struct Shade {
  double above;  // decibels
  std::string_view fill, means;
};
constexpr std::array steps{Shade{60, "#eef4fa", "60 dB or more: a thousandth or less is noise"},
                           Shade{40, "#cfe8f7", "40 dB: a hundredth"}, Shade{30, "#f6e58d", "30 dB: 3 hundredths"},
                           Shade{20, "#f9b86a", "20 dB: a tenth"}, Shade{-1e9, "#e07b54", "less"}};

std::string words_of(double decibels) {
  return std::isfinite(decibels) ? fmt::format("{:.1f} dB", decibels) : std::string("exact");
}

/// "scales 0.00021 to 0.0034" of a state that holds scales.
std::string scales_in(const std::span<const std::byte> bytes) {
  float least = std::numeric_limits<float>::infinity(), most = 0;
  for (std::size_t i = 0; i + sizeof(std::uint16_t) <= bytes.size(); i += sizeof(std::uint16_t)) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i, sizeof bits);
    least = std::min(least, from_bfloat16(bits)), most = std::max(most, from_bfloat16(bits));
  }
  return bytes.empty() ? "" : fmt::format("scales {:.2g} to {:.2g}", least, most);
}

}  // namespace

ErrorFlow error_flow(const Graph& before, const States& f32, const Graph& after, const States& few,
                     const ExampleInputs& inputs) {
  const Values<float> wanted = values_of(before, f32, inputs), got = values_of(after, few, inputs);
  ErrorFlow made;
  for (Value v : after.topological()) {
    if (v.type().dtype != DType::f32 || v.node().leaf == Leaf::input) continue;
    if (const Value same = counterpart(before, v)) made[v.id] = decibels(v.type(), wanted.at(same.id), got.at(v.id));
  }
  return made;
}

Paint error_paint(const Graph& after, const ErrorFlow& flow, const States& few) {
  Paint made;
  std::uint32_t worst = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [id, lost] : flow) {
    const auto step = std::ranges::find_if(steps, [&](const Shade& s) { return lost >= s.above; });
    made.nodes[id] = {step == steps.end() ? steps.back().fill : step->fill, words_of(lost)};
    if (lost < least) least = lost, worst = id;
  }
  for (Value v : after.topological())
    if (v.node().leaf == Leaf::state && v.type().dtype == DType::bf16 && v.node().name.ends_with(".scales"))
      made.nodes[v.id] = {"", scales_in(few.bytes(v.node().name))};
  for (const Shade& step : steps) made.key.emplace_back(step.fill, std::string(step.means));
  made.says.push_back("Each value beside itself in f32: signal to noise, on an example.");
  if (worst != 0)
    made.says.push_back(
        fmt::format("Most is lost at %{}{}: {}.", worst,
                    after.find(worst).node().at.module.empty() ? "" : " in " + after.find(worst).node().at.module,
                    words_of(least)));
  for (const auto& [name, v] : after.outputs())
    if (flow.contains(v.id))
      made.says.push_back(fmt::format("Of that, output {} has {}.", name, words_of(flow.at(v.id))));
  return made;
}

}  // namespace vitrine
