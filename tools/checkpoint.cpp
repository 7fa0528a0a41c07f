#include "tools/checkpoint.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "compiler/continuation.hpp"
#include "runtime/in_quotes.hpp"
#include "tools/difference_list.hpp"
#include "tools/parameter_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr std::string_view option_prefix = "option ";
const std::string losses_name = std::string(of_training) + "losses";

/// The name that a state has in the file: its own if the model has it.
std::string file_name(const std::string& state, const std::map<std::string, Type>& model) {
  return model.contains(state) ? state : std::string(of_training) + state;
}

std::uint64_t number_in(const TensorFile& file, const std::string& key, const std::string& path) {
  const auto at = file.metadata.find(key);
  if (at == file.metadata.end())
    throw InputError(fmt::format(
        "{}: it holds no training to go on with (its metadata has no '{}'); --load takes its parameters", path, key));
  const std::string& text = at->second;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw InputError(
        fmt::format("{}: '{}' in its metadata is not a whole number: {}; the file is damaged, use another copy", path,
                    key, in_quotes(text)));
  return number;
}

std::map<std::string, std::string> options_in(const TensorFile& file) {
  std::map<std::string, std::string> found;
  for (const auto& [key, value] : file.metadata)
    if (key.starts_with(option_prefix)) found[key.substr(option_prefix.size())] = value;
  return found;
}

/// "; seed is "1" here and "2" there": every option that differs, but the compiled step.
std::string option_differences(const std::map<std::string, std::string>& here,
                               const std::map<std::string, std::string>& there, bool of_step = false) {
  std::map<std::string, std::string> all = here;
  all.insert(there.begin(), there.end());
  DifferenceList differs;
  for (const auto& [key, ignored] : all) {
    if ((key == step_option) != of_step) continue;
    const auto value = [&key](const auto& options) {
      const auto at = options.find(key);
      return at == options.end() || at->second.empty() ? std::string("none") : in_quotes(at->second);
    };
    if (value(here) != value(there))
      differs.add(fmt::format("{} is {} here and {} there", here.contains(key) ? key : in_quotes(key), value(here),
                              value(there)));
  }
  return differs.str();
}

/// The compiled step tells of what no option names: another version of this program, or of the model.
std::string step_difference(const std::map<std::string, std::string>& here,
                            const std::map<std::string, std::string>& there) {
  return option_differences(here, there, true);
}

/// The states of a training: what a text in between kept is none.
std::vector<std::string> names_in_training(const States& states) {
  std::vector<std::string> names = states.names();
  std::erase_if(names, is_kept);
  return names;
}

}  // namespace

void save_training(const std::string& path, const Graph& forward, const States& states, const TrainingState& state) {
  TensorFile file;
  const auto model = named_states(forward, states);
  for (const std::string& name : names_in_training(states))
    file.tensors[file_name(name, model)] = tensor_of(states, name);
  const auto losses = std::as_bytes(std::span(state.losses));
  const HostTensor kept{DType::f32, {state.losses.size()}, {losses.begin(), losses.end()}};
  const bool is_new = file.tensors.emplace(losses_name, kept).second;
  if (!is_new || file.tensors.size() != names_in_training(states).size() + 1)
    throw InternalError("checkpoint: a state of the model is named like one of the training, '" +
                        std::string(of_training) + "...'");
  file.metadata["model"] = forward.name();
  file.metadata["epoch"] = std::to_string(state.cursor.epoch);
  file.metadata["position"] = std::to_string(state.cursor.position);
  for (const auto& [key, value] : state.options) file.metadata[std::string(option_prefix) + key] = value;
  write_tensor_file(path, file);
}

TrainingState load_training(const std::string& path, const Graph& forward, States& states,
                            const std::map<std::string, std::string>& options) {
  TensorFile file = read_tensor_file(path);
  TrainingState state{options_in(file), {number_in(file, "epoch", path), number_in(file, "position", path)}, {}};
  const auto losses = file.tensors.extract(losses_name);
  const auto model = named_states(forward, states);
  std::map<std::string, Type> wanted;
  for (const std::string& name : names_in_training(states)) wanted[file_name(name, model)] = states.type(name);
  const std::string tensors = differences(file.tensors, wanted, "this one");

  // Whatever else is wrong, the tensors that differ are told with it: they say most about what the file is.
  if (const auto name = file.metadata.find("model"); name != file.metadata.end() && name->second != forward.name())
    throw InputError(fmt::format("{}: it is a training of {} and not of {}{}; name another file", path,
                                 in_quotes(name->second), in_quotes(forward.name()), tensors));
  const auto another = [&](const std::string& differs) {
    return UsageError(
        fmt::format("{}: it is another training{}; go on with the same options, for its rate and its order of examples "
                    "depend on them, or begin anew with --load",
                    path, differs));
  };
  if (const std::string differs = option_differences(options, state.options); !differs.empty())
    throw another(differs + tensors);
  if (!tensors.empty())
    throw InputError(fmt::format("{}: it is not this training of {}{}; name a file that this program saved", path,
                                 in_quotes(forward.name()), tensors));
  if (const std::string differs = step_difference(options, state.options); !differs.empty()) throw another(differs);

  if (losses.empty() || losses.mapped().dtype != DType::f32 || losses.mapped().sizes.size() != 1)
    throw InputError(
        fmt::format("{}: it has no '{}' f32[batches]; the file is damaged, use another copy", path, losses_name));
  state.losses.resize(losses.mapped().sizes[0]);
  if (!state.losses.empty())
    std::memcpy(state.losses.data(), losses.mapped().bytes.data(), losses.mapped().bytes.size());
  for (const std::string& name : names_in_training(states))
    states.set(name, file.tensors.at(file_name(name, model)).bytes);
  return state;
}

std::string not_finite(const States& states) {
  for (const std::string& name : names_in_training(states)) {
    if (states.type(name).dtype != DType::f32) continue;
    const auto bytes = states.bytes(name);
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
      float x = 0;
      std::memcpy(&x, bytes.data() + at, sizeof x);
      if (!std::isfinite(x)) return fmt::format("element {} of '{}' is {}", at / sizeof x, name, x);
    }
  }
  return "";
}

}  // namespace vitrine
