#pragma once
// Questions that a language model's scores must answer rightly whatever it learned, each a number.
#include "tools/text_program.hpp"
#include "vitrine/looks.hpp"

namespace vitrine {

/// A model to be asked, and a text of at least its time to ask with.
struct Probed {
  const Graph& forward;
  std::span<const std::int32_t> text;
  States& states;
  Pool& pool;
};

/// For every place t of a window but the last, token t + 1 is changed: how many scores at places up to t have other
/// bits then, and by how much at most. A model that writes a text from left to right must not see what follows.
struct Causality {
  std::size_t changed = 0, compared = 0;
  double most = 0;
};
Causality probe_causality(const Probed&);

/// One token at every place: how far the scores of two places lie apart at most. 0 for a model without positions, and
/// for one whose positions only turn queries and keys: what it reads is the same everywhere, however it looks.
double probe_positions(const Probed&);

/// Two neighbours some places back change places: how far the scores of the last place move, the least over several
/// windows. 0 for a model of one block without positions.
double probe_order(const Probed&);

/// A token some places back is changed: how far the scores of the last place move, the least over several windows. 0
/// for a model that sees only the last token.
double probe_context(const Probed&);

/// Attention weights of every attention in the graph for one window, [attention][head, time, key], by the definition in
/// double from the queries and keys that the compiled graph makes.
struct AttentionMap {
  std::string module;  // "blocks.0.attention"
  std::size_t heads = 0, time = 0;
  Looks looks{};
  std::vector<double> weights{};
};
std::vector<AttentionMap> attention_maps(const Probed&);

/// The mean entropy of attention's rows over that of looking everywhere alike, 0 to 1: about 1 where nothing was
/// learned.
double mean_entropy(const std::vector<AttentionMap>&);

}  // namespace vitrine
