#include "compiler/rewrite_trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "compiler/annotations.hpp"
#include "compiler/rounding.hpp"
#include "compiler/trial_values.hpp"
#include "vitrine/elementwise.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr int own_values = -1;  // before the first turn: those of the graph itself

double number_at(const Type& type, std::span<const std::byte> bytes, std::size_t i) {
  return load<double>(Buffer<float>{type, const_cast<std::byte*>(bytes.data())}, i).value;
}

/// "[0, 3]": where element i of a tensor is.
std::string place_of(const Shape& shape, std::size_t i) {
  std::string text;
  for (int k = shape.rank() - 1; k >= 0; --k) {
    text = std::to_string(i % shape[k].size) + (text.empty() ? "" : ", ") + text;
    i /= shape[k].size;
  }
  return "[" + text + "]";
}

Values<float> leaves_for(const Graph& piece, int turn, const Values<float>& values) {
  Values<float> made;
  for (Value v : piece.topological()) {
    if (v.op() || v.node().leaf == Leaf::constant) continue;
    const auto& known = values.at(v.id);
    made[v.id] = turn == own_values ? known : trial_value(v.type(), turn, v.id, known);
  }
  return made;
}

bool is_large(const Graph& piece) {
  return std::ranges::all_of(piece.topological(), [](Value v) {
    return v.op() || v.node().leaf == Leaf::constant || v.type().shape.elements() >= many_elements;
  });
}

/// Runs and compares turn after turn, until one breaks the contract.
template <class Compare>
Trial each_turn(Graph piece, std::string_view by, int turns, const Values<float>& values, Tried& tried,
                Compare compare) {
  Trial trial;
  const std::string key = std::string(by) + "\n" + nameless(piece);
  if (tried.contains(key))
    turns = 0;
  else if (is_large(piece))
    turns = std::min(turns, turns_of_many);
  for (int turn = own_values; turn < turns && trial.why.empty(); ++turn) {
    trial.leaves = leaves_for(piece, turn, values);
    try {
      trial.why = compare(trial, turn);
      ++trial.trials;
    } catch (const UsageError&) {  // an op refuses these values (a label out of range), as it may
    } catch (const InputError&) {
    }
  }
  if (trial.why.empty()) tried.insert(key);
  trial.piece = std::move(piece);
  return trial;
}

std::string by_rounding(const Graph& piece, Value was, Value is, Trial& trial, std::span<const std::byte> got) {
  const auto exact = roundings(piece, widened(piece, trial.leaves));
  Rounding wanted = exact.at(was.id);
  const Rounding& made = exact.at(is.id);
  for (std::size_t i = 0; i < wanted.exact.size(); ++i) {
    // The same mathematics of finite numbers: infinity less infinity may come in one order and not in the other.
    if (!std::isfinite(wanted.exact[i])) wanted.allowed[i] = std::numeric_limits<double>::infinity();
    wanted.allowed[i] *= 2;  // for what was there and for what takes its place, which must not round worse
    const double apart = std::abs(wanted.exact[i] - made.exact[i]);
    if (apart > 1e-3 * wanted.allowed[i])
      return fmt::format("{} is {:.9g} in double and was {:.9g}: another number, not another rounding",
                         place_of(was.type().shape, i), made.exact[i], wanted.exact[i]);
  }
  const Deviation off = deviation(is.type(), wanted, got);
  trial.worst = std::max(trial.worst, off.share);
  return off.what.empty() ? "" : place_of(was.type().shape, off.at) + " " + off.what;
}

std::string by_tolerance(Value v, double tolerance, Trial& trial, std::span<const std::byte> was,
                         std::span<const std::byte> is) {
  double off = 0, size = 0;
  for (std::size_t i = 0; i < v.type().shape.elements(); ++i) {
    const double a = number_at(v.type(), was, i), b = number_at(v.type(), is, i);
    off += (a - b) * (a - b), size += a * a;
  }
  const double share = off == 0 ? 0 : std::sqrt(off / size) / tolerance;
  trial.worst = std::max(trial.worst, share);
  if (share <= 1) return "";
  return fmt::format("it is off by {:.3g} of its size in the mean square, its pass allows {:.3g}", share * tolerance,
                     tolerance);
}

Trial try_piece(Graph piece, const Rewrite& rewrite, const Pass& pass, const Values<float>& values, Tried& tried) {
  const Value was = piece.find(rewrite.matched.front().value.id), is = piece.find(rewrite.by.id);
  const int turns = pass.contract == Contract::exact ? every_turn : finite_turns;
  const Graph& graph = *was.graph;
  return each_turn(Graph(piece), pass.name, turns, values, tried, [&, was, is](Trial& trial, int) -> std::string {
    const Values<float> made = evaluate<float>(graph, trial.leaves);
    const auto &before = made.at(was.id), &after = made.at(is.id);
    trial.elements += was.type().shape.elements();
    switch (pass.contract) {
      case Contract::exact: return first_difference(was.type(), before, after);
      case Contract::reorders: return by_rounding(graph, was, is, trial, after);
      case Contract::lossy: return by_tolerance(was, pass.tolerance, trial, before, after);
      default: return "";
    }
  });
}

}  // namespace

std::string first_difference(const Type& type, std::span<const std::byte> was, std::span<const std::byte> is) {
  if (was.size() != is.size()) return fmt::format("it has {} bytes and had {}", is.size(), was.size());
  const std::size_t size = size_of(type.dtype);
  for (std::size_t i = 0; i < type.shape.elements(); ++i) {
    if (std::memcmp(&was[i * size], &is[i * size], size) == 0) continue;
    const double a = number_at(type, was, i), b = number_at(type, is, i);
    if (std::isnan(a) && std::isnan(b)) continue;
    return fmt::format("{} is {:.9g} and was {:.9g}", place_of(type.shape, i), b, a);
  }
  return "";
}

Trial try_replacement(const Graph& after, const Moment& moment, const Rewrite& rewrite, const Pass& pass,
                      const Values<float>& values, Tried& tried) {
  for (Piece piece = boundary(moment, rewrite);;) {
    Graph graph = cut_out(after, moment, piece.inside, {rewrite.matched.front().value.id, rewrite.by.id}, "rewrite");
    Trial trial = try_piece(std::move(graph), rewrite, pass, values, tried);
    if (trial.why.empty() || !grow(piece, moment, after)) return trial;
  }
}

Trial try_group(const Graph& after, const Moment& moment, const Rewrite& rewrite, const Loader& load,
                const Values<float>& values, Tried& tried) {
  std::set<std::uint32_t> members;
  for (const Seen& seen : rewrite.matched) members.insert(seen.value.id);
  std::vector<std::uint32_t> results;
  for (const std::uint32_t id : members)
    if (moment.read_outside(id, members)) results.push_back(id);
  Graph alone = cut_out(after, moment, members, results, "group"), grouped(alone);
  for (const std::uint32_t id : members)
    if (const Value v = grouped.find(id)) Annotations::set(v, v.node().at, v.node().phase, {}, 1);
  const Runnable one_by_one = load(alone), as_one_step = load(grouped);
  return each_turn(Graph(alone), "group", every_turn, values, tried, [&](Trial& trial, int turn) -> std::string {
    const Values<float> was = one_by_one(trial.leaves), is = as_one_step(trial.leaves);
    std::map<std::uint32_t, Rounding> exact;
    if (turn < finite_turns) exact = roundings(alone, widened(alone, trial.leaves));
    for (const std::uint32_t id : results) {
      const Type type = alone.find(id).type();
      trial.elements += type.shape.elements();
      if (const std::string why = first_difference(type, was.at(id), is.at(id)); !why.empty())
        return fmt::format("%{}{}", id, why);
      if (turn >= finite_turns) continue;
      const Deviation off = deviation(type, exact.at(id), is.at(id));
      trial.worst = std::max(trial.worst, off.share);
      trial.is_kernels_fault = !off.what.empty();
      if (!off.what.empty()) return fmt::format("%{}{} {}", id, place_of(type.shape, off.at), off.what);
    }
    return "";
  });
}

}  // namespace vitrine
