#pragma once
#include <filesystem>
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// Draws a model into a folder: traced.svg, gradients.svg, compiled.svg (.png beside each) and memory.svg, the text of
/// the compiled step as compiled.vit and what the passes did as passes.txt. Prints how large the step's arena is beside
/// its lower bound. Hands out which kinds of picture the graphs
/// became, ".svg, .png"; where `dot` is missing, one sentence on stderr, and ".dot".
std::string draw_graphs(const std::filesystem::path& folder, const Graph& forward, const Graph& training_step);

/// The same for a step that learns by a rule of its own: no gradients.svg.
std::string draw_graphs(const std::filesystem::path& folder, const Graph& step);

}  // namespace vitrine
