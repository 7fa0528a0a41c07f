#include "tools/parameter_file.hpp"

#include "runtime/tensor_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {
std::map<std::string, Type> parameters(const Graph& forward, const States& states) {
  std::map<std::string, Type> found;
  for (Value v : forward.topological())
    if (v.node().leaf == Leaf::state && states.contains(v.node().name)) found[v.node().name] = v.type();
  return found;
}
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
}  // namespace

void save_parameters(const std::string& path, const Graph& forward, const States& states) {
  TensorFile file;
  for (const auto& [name, type] : parameters(forward, states)) {
    const auto bytes = states.bytes(name);
    file.tensors[name] = {type.dtype, sizes_of(type.shape), {bytes.begin(), bytes.end()}};
  }
  file.metadata["model"] = forward.name();
  write_tensor_file(path, file);
}

void load_parameters(const std::string& path, const Graph& forward, States& states) {
  const TensorFile file = read_tensor_file(path);
  const auto wanted = parameters(forward, states);
  std::string differs;
  for (const auto& [name, type] : wanted) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end())
      differs += "; '" + name + "' is missing";
    else if (found->second.dtype != type.dtype || found->second.sizes != sizes_of(type.shape))
      differs += "; '" + name + "' is " + described(found->second.dtype, found->second.sizes) + ", the model has " +
                 described(type.dtype, sizes_of(type.shape));
  }
  for (const auto& [name, tensor] : file.tensors)
    if (!wanted.contains(name)) differs += "; the model has no '" + name + "'";
  if (!differs.empty())
    throw InputError(path + ": not the parameters of " + forward.name() + differs +
                     "; load a file that this model saved");
  for (const auto& [name, tensor] : file.tensors) states.set(name, tensor.bytes);
}

}  // namespace vitrine
