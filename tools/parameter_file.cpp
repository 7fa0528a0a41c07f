#include "tools/parameter_file.hpp"

#include "runtime/in_quotes.hpp"
#include "tools/difference_list.hpp"
#include "tools/quantize/quantized_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
std::vector<std::size_t> sizes_of(const Shape& shape) {
  std::vector<std::size_t> sizes;
  for (const Axis& a : shape) sizes.push_back(a.size);
  return sizes;
}
std::string described(DType dtype, const std::vector<std::size_t>& sizes) {
  std::string text(name_of(dtype));
  text += '[';
  for (std::size_t s : sizes) text += (text.back() == '[' ? "" : ", ") + std::to_string(s);
  return text + ']';
}
void demand_no_difference(const std::string& path, const std::map<std::string, HostTensor>& found,
                          const std::map<std::string, Type>& wanted, const Graph& forward) {
  const std::string differs = differences(found, wanted, "the model");
  if (!differs.empty())
    throw InputError(path + ": not the parameters of " + forward.name() + differs +
                     "; load a file that this model saved");
}
}  // namespace

std::map<std::string, Type> named_states(const Graph& forward, const States& states) {
  std::map<std::string, Type> found;
  for (Value v : forward.topological())
    if (v.node().leaf == Leaf::state && states.contains(v.node().name)) found[v.node().name] = v.type();
  return found;
}

Plan plan_of_states(const Graph& graph) {
  Plan made;
  for (Value v : graph.topological()) {
    if (v.node().leaf != Leaf::state) continue;
    made.states.emplace_back(v.node().name, v.type());
    made.initial.push_back(v.node().init);
  }
  return made;
}

HostTensor tensor_of(const States& states, const std::string& name) {
  const auto bytes = states.bytes(name);
  const Type& type = states.type(name);
  return {type.dtype, sizes_of(type.shape), {bytes.begin(), bytes.end()}};
}

std::string differences(const std::map<std::string, HostTensor>& found, const std::map<std::string, Type>& wanted,
                        const std::string& who) {
  DifferenceList differs;
  // The model's own first: what a training keeps beside them follows from it.
  for (const bool beside : {false, true}) {
    for (const auto& [name, type] : wanted) {
      if (name.starts_with(of_training) != beside) continue;
      const auto at = found.find(name);
      const std::string want = described(type.dtype, sizes_of(type.shape));
      if (at == found.end())
        differs.add(in_quotes(name) + " is missing, " + who + " has " + want);
      else if (at->second.dtype != type.dtype || at->second.sizes != sizes_of(type.shape))
        differs.add(in_quotes(name) + " is " + described(at->second.dtype, at->second.sizes) + ", " + who + " has " +
                    want);
    }
    for (const auto& [name, tensor] : found)
      if (name.starts_with(of_training) == beside && !wanted.contains(name))
        differs.add(who + " has no " + in_quotes(name) + ", which is " + described(tensor.dtype, tensor.sizes));
  }
  return differs.str();
}

void save_parameters(const std::string& path, const Graph& forward, const States& states,
                     std::map<std::string, std::string> metadata) {
  TensorFile file{{}, std::move(metadata)};
  for (const auto& [name, type] : named_states(forward, states)) file.tensors[name] = tensor_of(states, name);
  file.metadata["model"] = forward.name();
  write_tensor_file(path, file);
}

void load_parameters(const std::string& path, const Graph& forward, States& states) {
  TensorFile file = read_tensor_file(path);
  if (is_in_few_bits(file.metadata))
    throw InputError(path +
                     ": its weights are in few bits, which do not train; load f32 parameters, or test it with "
                     "--test");
  std::erase_if(file.tensors, [](const auto& tensor) { return tensor.first.starts_with(of_training); });
  demand_no_difference(path, file.tensors, named_states(forward, states), forward);
  for (const auto& [name, tensor] : file.tensors) states.set(name, tensor.bytes);
}

void hold_parameters(const std::string& path, const MappedTensorFile& file, const Graph& forward, States& states) {
  std::map<std::string, Type> wanted;
  for (Value v : forward.topological())
    if (v.node().leaf == Leaf::state) wanted[v.node().name] = v.type();
  std::map<std::string, HostTensor> found;  // what differences look at
  for (const auto& [name, tensor] : file.tensors)
    if (!name.starts_with(of_training)) found[name] = {tensor.dtype, tensor.sizes, {}};
  demand_no_difference(path, found, wanted, forward);
  for (const auto& [name, type] : wanted) {
    const std::span<std::byte> bytes = file.tensors.at(name).bytes;
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 64 == 0) {
      states.hold(name, type, bytes, file.memory);
    } else {
      const auto copy = std::make_shared<AlignedBytes>(bytes.size());
      std::ranges::copy(bytes, copy->data());
      states.hold(name, type, {copy->data(), bytes.size()}, copy);
    }
  }
}

}  // namespace vitrine
