#include "compiler/reduce.hpp"

#include <algorithm>
#include <set>

#include "compiler/cuts.hpp"
#include "compiler/parse.hpp"
#include "compiler/print.hpp"

namespace vitrine {

namespace {

/// The text of the graph without these, if that is a graph and smaller.
std::optional<std::string> without(const Graph& graph, const Cut& cut, std::size_t first, std::size_t last) {
  Sketch sketch(graph);
  cut.apply(sketch, first, last);
  const std::optional<Graph> made = sketch.graph();
  if (!made || !(size_of(*made) < size_of(graph))) return {};
  return print(*made);
}

class Reduction {
 public:
  Reduction(const Graph& graph, const Fails& fails, const ReduceOptions& options)
      : smallest_(graph), fails_(fails), options_(options) {}

  Graph run() {
    // Notes and groups are seldom what fails, and all are gone at once.
    for (const Cut& cut : every_cut())
      if (cut.name == "notes" || cut.name == "groups") take(cut, 0, cut.count(Sketch(smallest_)));
    for (bool smaller = true; smaller && !spent();) {
      smaller = false;
      for (const Cut& cut : every_cut()) smaller = sweep(cut) || smaller;
    }
    return std::move(smallest_);
  }

 private:
  bool spent() const { return tries_ >= options_.tries; }

  /// From the last ones to the first: what is near the results is seldom what the others need.
  bool sweep(const Cut& cut) {
    bool smaller = false;
    for (std::size_t width = cut.count(Sketch(smallest_)); width > 0; width /= 2)
      for (std::size_t last = cut.count(Sketch(smallest_)); last > 0;) {
        const std::size_t first = last - std::min(last, width);
        if (spent()) return smaller;
        smaller = take(cut, first, last) || smaller;
        last = std::min(first, cut.count(Sketch(smallest_)));
      }
    return smaller;
  }

  bool take(const Cut& cut, std::size_t first, std::size_t last) {
    if (first == last || spent()) return false;
    const std::optional<std::string> text = without(smallest_, cut, first, last);
    if (!text || !asked_.insert(std::hash<std::string>()(*text)).second) return false;
    ++tries_;
    // As whoever reads the text will have it: leaves take the ids that have become free.
    Graph candidate = parse(*text);
    const bool still = fails_(candidate);
    if (still) smallest_ = std::move(candidate);
    if (options_.after_try) options_.after_try(smallest_);
    return still;
  }

  Graph smallest_;
  const Fails& fails_;
  const ReduceOptions& options_;
  std::set<std::size_t> asked_{};  // of the texts' hashes: a thousand long texts are many bytes
  std::size_t tries_ = 0;
};

}  // namespace

Graph reduced(const Graph& graph, const Fails& fails, const ReduceOptions& options) {
  return Reduction(graph, fails, options).run();
}

std::vector<Graph> cut_once(const Graph& graph) {
  std::vector<Graph> made;
  for (const Cut& cut : every_cut()) {
    const std::size_t count = cut.count(Sketch(graph));
    for (std::size_t i = 0; i < count; ++i)
      if (const auto text = without(graph, cut, i, i + 1)) made.push_back(parse(*text));
  }
  return made;
}

}  // namespace vitrine
