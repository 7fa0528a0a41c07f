#pragma once
#include "runtime/states.hpp"
#include "vitrine/graph.hpp"

namespace vitrine {

/// Writes the states that a forward graph names (its parameters) as safetensors, whole or not at all.
void save_parameters(const std::string& path, const Graph& forward, const States&);

/// Reads them back. InputError listing every name, shape and type that differs; the states are then as before.
void load_parameters(const std::string& path, const Graph& forward, States&);

}  // namespace vitrine
