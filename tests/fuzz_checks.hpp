#pragma once
// What must hold of any graph. Each check hands out "" or the first thing that does not, as a sentence; what a check
// throws is for the caller to report. They count what they looked at.
#include "tests/graph_facts.hpp"
#include "tests/random_graph.hpp"

namespace vitrine {

/// print -> parse -> print is the identity, before the passes and after them, and what was read computes the same bits.
std::string check_text(const RandomGraph&, Tally&);

/// The default pipeline, and random subsets and orders of it, change no bit of any result by the f32 reference, on
/// ordinary leaves and on hard ones; so do they after `inference`, and `fold_batch_norm` moves nothing by more than
/// rounding may. `seed` chooses the passes.
std::string check_passes(const RandomGraph&, std::uint64_t seed, Tally&);

/// The compiled program has the same bits with 1 and 2 threads and with poison in every byte of the arena that holds
/// nothing; leaves states alone that are not updated; has the reference's bits where nothing is added up, on hard
/// leaves too; and is as near to the reference in double as rounding allows. `seed` chooses the instruction set.
std::string check_compiled(const RandomGraph&, std::uint64_t seed, Tally&);

/// The graph with a loss over its outputs, and the loss's gradients for its leaves. Those have the same bits after the
/// passes; agree with the gradients of the optimized graph; and with the loss's differences along a random direction.
std::string check_gradients(const RandomGraph&, std::uint64_t seed, Tally&);

/// All of them on random_graph(seed). "" or a report: seed, check, sentence, the graph's text.
std::string check_random_graph(std::uint64_t seed, Tally&);

/// The graph with outputs "loss" (the mean square of its f32 outputs, added up) and "d x" for every f32 leaf that the
/// loss depends on smoothly. Without them if no output has numbers, or none depends on a leaf.
Graph with_loss(const Graph&);
Graph with_gradients(const Graph& with_loss);

}  // namespace vitrine
