#pragma once
#include <map>

#include "runtime/states.hpp"
#include "runtime/tensor_file.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// What stands before the name of a tensor that belongs to a training and not to the model (tools/checkpoint.hpp). No
/// parameter of a model in C++ has a '/' in its name.
inline constexpr std::string_view of_training = "training/";

/// Writes the states that a forward graph names (its parameters, running means, counters) as safetensors, whole or not
/// at all, with the graph's name as metadata "model" beside what is given.
void save_parameters(const std::string& path, const Graph& forward, const States&,
                     std::map<std::string, std::string> metadata = {});

/// Reads them back, from a file of save_parameters or of a whole training, of which the rest is left. InputError
/// listing the names, shapes and types that differ; the states are then as before.
void load_parameters(const std::string& path, const Graph& forward, States&);

/// The same, for a program in use: states that are not there yet are not made and filled but stay where they lie in the
/// mapped file. Those that do not begin at a cache line are copied.
void hold_parameters(const std::string& path, const MappedTensorFile&, const Graph& forward, States&);

/// The states that a forward graph names, by name.
std::map<std::string, Type> named_states(const Graph& forward, const States&);

/// A plan of nothing but the states that a graph names: States::add makes them as they begin, without a program.
Plan plan_of_states(const Graph&);

/// A state as a file holds it.
HostTensor tensor_of(const States&, const std::string& name);

/// How the tensors of a file differ from those that are wanted: `; "b" is f32[3], the model has f32[4]; ...` for the
/// names that are missing, too many, or of another type or shape; the first dozen and how many more. Empty if none is.
std::string differences(const std::map<std::string, HostTensor>& found, const std::map<std::string, Type>& wanted,
                        const std::string& who);

}  // namespace vitrine
