#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "compiler/escape.hpp"
#include "compiler/gradients.hpp"
#include "compiler/reference.hpp"
#include "runtime/in_quotes.hpp"
#include "runtime/tensor_file.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compiled.hpp"
#include "tools/find_project.hpp"
#include "tools/parameter_file.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

void add_gradients(Graph& graph, const std::vector<std::string>& names) {
  std::vector<Value> scalars, wrt;
  for (const auto& [name, v] : graph.outputs())
    if (v.type() == Type{}) scalars.push_back(v);
  if (scalars.size() != 1)
    throw UsageError(fmt::format("exec: --grad wants one scalar output (f32[]), the graph has {}", scalars.size()));
  for (const std::string& name : names) {
    wrt.push_back(graph.find(name));
    if (!wrt.back())
      throw UsageError(fmt::format("exec: --grad {}: the graph has no input or state of this name", name));
  }
  const Gradients made = gradients(scalars[0], wrt);
  for (std::size_t i = 0; i < names.size(); ++i) graph.output("d " + names[i], made[i]);
}

/// The tensor for a leaf, or null where a state may begin as its text says.
const HostTensor* given(const TensorFile& file, const Node& leaf, const std::string& path) {
  const auto found = file.tensors.find(leaf.name);
  if (found == file.tensors.end()) {
    if (leaf.leaf == Leaf::state) return nullptr;
    if (path.empty())
      throw InputError(
          fmt::format("exec: the graph takes the input '{}'; give its tensor with --inputs FILE", leaf.name));
    throw InputError(fmt::format("{}: input '{}' is missing; the file must hold every input by name", path, leaf.name));
  }
  std::vector<std::size_t> sizes;
  for (const Axis& a : leaf.type.shape) sizes.push_back(a.size);
  if (found->second.dtype != leaf.type.dtype || found->second.sizes != sizes)
    throw InputError(fmt::format("{}: '{}' is {}[{}], but the graph takes {}", path, leaf.name,
                                 name_of(found->second.dtype), fmt::join(found->second.sizes, ", "),
                                 (Sentence{} << leaf.type).str()));
  return &found->second;
}

HostTensor tensor(const Type& type, std::span<const std::byte> bytes) {
  HostTensor made{type.dtype, {}, {bytes.begin(), bytes.end()}};
  for (const Axis& a : type.shape) made.sizes.push_back(a.size);
  return made;
}

void put(TensorFile& file, const std::string& name, HostTensor t) {
  if (!file.tensors.emplace(name, std::move(t)).second)
    throw UsageError(fmt::format("exec: an output and a state are both named '{}'; rename the output", name));
}

TensorFile by_reference(const Graph& graph, const TensorFile& inputs, const std::string& path, States& states) {
  Values<float> leaves;
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    if (node.leaf != Leaf::input && node.leaf != Leaf::state) continue;
    if (const HostTensor* t = given(inputs, node, path))
      leaves[v.id] = t->bytes;
    else {
      const auto begin = states.bytes(node.name);
      leaves[v.id] = {begin.begin(), begin.end()};
    }
  }
  const auto values = evaluate<float>(graph, leaves);
  const auto value_of = [&](Value v) -> std::span<const std::byte> {
    if (v.node().leaf == Leaf::constant) return *v.node().literal;
    const auto found = values.find(v.id);
    return found == values.end() ? std::span<const std::byte>(leaves.at(v.id))
                                 : std::span<const std::byte>(found->second);
  };
  TensorFile made;
  for (const auto& [name, v] : graph.outputs()) put(made, name, tensor(v.type(), value_of(v)));
  for (const auto& [state, next] : graph.updates()) put(made, state.node().name, tensor(next.type(), value_of(next)));
  return made;
}

TensorFile by_program(const Graph& graph, Program& program, const TensorFile& inputs, const std::string& path,
                      States& states) {
  for (Value v : graph.topological()) {
    const Node& node = v.node();
    if (node.leaf != Leaf::input && node.leaf != Leaf::state) continue;
    const HostTensor* t = given(inputs, node, path);
    if (node.leaf == Leaf::input)
      program.bind_input(node.name, t->bytes.data());
    else if (t && states.contains(node.name))  // a pass may have left it out
      states.set(node.name, t->bytes);
  }
  program.run();
  TensorFile made;
  for (const auto& [name, v] : graph.outputs()) put(made, name, tensor(v.type(), program.output(name)));
  for (const auto& [state, next] : graph.updates())
    put(made, state.node().name, tensor(next.type(), states.bytes(state.node().name)));
  return made;
}

}  // namespace

int exec(const ExecOptions& options) {
  const std::vector<Pass> passes = options.passes.empty()
                                       ? std::vector<Pass>(decode_pipeline.begin(), decode_pipeline.end())
                                       : passes_named(options.passes);
  Graph graph = read_graph(options.file);
  if (!options.gradients.empty()) add_gradients(graph, options.gradients);
  const TensorFile inputs = options.inputs.empty() ? TensorFile{} : read_tensor_file(options.inputs);
  for (const auto& [name, t] : inputs.tensors)
    if (!graph.find(name))
      throw InputError(fmt::format(
          "{}: the graph has no input or state named {}; leave it out of the file, or name one of the graph's",
          options.inputs, in_quotes(name)));

  Pool pool(thread_count(options.common.threads));
  States states(options.common.seed);
  TensorFile made;
  if (options.reference) {
    states.add(plan_of_states(graph));  // the reference must not need a plan, whose faults it is there to show
    made = by_reference(graph, inputs, options.inputs, states);
  } else {
    Program program = compiled(graph, states, pool, passes, provider_named("exec", options.provider));
    made = by_program(graph, program, inputs, options.inputs, states);
  }
  write_tensor_file(options.output, made);

  nlohmann::json scalars = nlohmann::json::object();
  for (const auto& [name, t] : made.tensors) {
    std::string text = (Sentence{} << t.dtype).str() + fmt::format("[{}]", fmt::join(t.sizes, ", "));
    if (t.dtype == DType::f32 && t.sizes.empty()) {
      float number = 0;
      std::memcpy(&number, t.bytes.data(), sizeof number);
      scalars[name] = number;
      text += fmt::format(" = {}", number);
    }
    fmt::print("{} : {}\n", visible(name), text);
  }
  if (!options.common.json.empty()) write_text(options.common.json, scalars.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
