#pragma once
// A graph over whole sequences becomes one that goes on from where it was: given some new tokens of each sequence it
// makes the rows that are new, and keeps of the past what later rows are made of.
#include <string>

#include "compiler/row_demands.hpp"

namespace vitrine {

struct ContinuationOptions {
  std::string axis = "time";
  std::size_t rows = 1;         // new ones in each run, at most
  std::size_t most_rows = 256;  // of any graph that shares these caches: a ring has room for as many
  bool last_only = true;        // hand out the last new row, and not all
  std::vector<std::string> outputs{"y"};
};

/// Whether a state of this name is something that is kept, and no part of a model: "kept:blocks.0.attention.80",
/// "kept.tail:...", "kept.sum:...". No parameter has a ':' in its name.
constexpr bool is_kept(std::string_view state) {
  return state.starts_with("kept:") || state.starts_with("kept.tail:") || state.starts_with("kept.sum:");
}

/// Something of the past that lasts from run to run.
struct Kept {
  enum class What : std::uint8_t {
    rows,  // one for each place, up to the capacity
    ring,  // the latest, of which a window is read
    tail,  // the few before the first new one
    sum    // one, of all before
  } what;
  std::uint32_t node;  // of the whole graph
  std::string state;
  std::size_t rows, bytes_of_row;  // of one sequence
};

/// What a derivation found out, for people.
struct ContinuationReport {
  std::size_t capacity = 0;  // places; past it there is no going on
  bool endless = false;      // no place is the last: nothing is counted from the first one
  std::vector<Kept> kept{};
  std::vector<std::uint32_t> again{};  // values of which all rows are computed in every run
  std::size_t bytes_of_token() const;  // kept for each token of a sequence
};

/// A traced forward graph for so many sequences, as the model has it in use and with attention recognized: what can go
/// on. `sequences` and `along` are its axes.
Graph in_use_along(const Graph& forward, const Axis& sequences, const Axis& along);

/// The chunk graph of a forward graph in use (no when_training, attention recognized). Its inputs with the axis have
/// `rows` rows; `position` i32[batch] is how many tokens of each sequence came before, `length` i32[batch] how many of
/// the rows are meant (the others' results are of no concern). The axis' size is the capacity: batch and axis are
/// specialized before. Position 0 begins anew, whatever was kept. Exact: each row has the bits that the whole graph
/// gives it, where kernels make each row by itself.
///
/// Throws UsageError with node, axis, reason and what would make it possible: an output that knows what is to come, or
/// that is made of how long the sequence is.
Graph continuation(const Graph& full, const ContinuationOptions&, ContinuationReport* = nullptr);

}  // namespace vitrine
