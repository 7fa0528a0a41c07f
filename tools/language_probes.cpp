#include "tools/language_probes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/ops/attention.hpp"

namespace vitrine {

namespace {

/// Rows of one window's length, run a few at a time, so that no program is larger than training's.
class Asker {
 public:
  explicit Asker(const Probed& probed)
      : axes_(text_axes(probed.forward)),
        program_(probed.forward, together, axes_.time.size, probed.states, probed.pool) {}

  /// The scores [rows, time, vocabulary]; `rows` must not be more than `together` windows. Read until the next call.
  std::span<const float> scores(std::vector<std::int32_t> rows) {
    const std::size_t wanted = rows.size();
    rows.resize(together * axes_.time.size);
    rows_ = std::move(rows);
    program_.run(rows_);
    return program_.output("y").first(wanted * axes_.vocabulary.size);
  }
  std::size_t time() const { return axes_.time.size; }
  std::size_t vocabulary() const { return axes_.vocabulary.size; }
  /// The token itself where there is no other.
  std::int32_t another(std::int32_t token) const { return (token + 1) % static_cast<std::int32_t>(vocabulary()); }

  static constexpr std::size_t together = 16;

 private:
  TextAxes axes_;
  TextProgram program_;
  std::vector<std::int32_t> rows_{};
};

double difference(float a, float b) { return std::abs(static_cast<double>(a) - static_cast<double>(b)); }

double largest_difference(std::span<const float> a, std::span<const float> b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, difference(a[i], b[i]));
  return most;
}

constexpr std::size_t back = 4;  // how many places a changed token lies before the last

/// How far the scores of the last place move when something before it is changed, the least over several windows.
template <class Change> double least_move(Asker& asker, const Probed& probed, Change change) {
  constexpr std::size_t windows = 4;
  const std::size_t T = asker.time(), V = asker.vocabulary();
  if (T <= back) return 0;
  double least = INFINITY;
  for (std::size_t w = 0; w < windows && (w + 1) * T <= probed.text.size(); ++w) {
    const auto window = probed.text.subspan(w * T, T);
    std::vector<std::int32_t> rows(window.begin(), window.end());
    rows.insert(rows.end(), window.begin(), window.end());
    change(std::span(rows).subspan(T));
    const auto scores = asker.scores(rows);
    least = std::min(least, largest_difference(scores.subspan((T - 1) * V, V), scores.subspan((2 * T - 1) * V, V)));
  }
  return least;
}

}  // namespace

Causality probe_causality(const Probed& probed) {
  Asker asker(probed);
  const std::size_t T = asker.time(), V = asker.vocabulary();
  const std::vector<std::int32_t> base(probed.text.begin(), probed.text.begin() + static_cast<std::ptrdiff_t>(T));
  Causality found;
  for (std::size_t first = 0; first + 1 < T; first += Asker::together - 1) {
    const std::size_t places = std::min(Asker::together - 1, T - 1 - first);
    std::vector<std::int32_t> rows = base;  // row 0 is the text as it is
    for (std::size_t i = 0; i < places; ++i) {
      rows.insert(rows.end(), base.begin(), base.end());
      std::int32_t& changed = rows[(i + 1) * T + first + i + 1];
      changed = asker.another(changed);
    }
    const auto scores = asker.scores(rows);
    for (std::size_t i = 0; i < places; ++i) {
      const auto now = scores.subspan((i + 1) * T * V, (first + i + 1) * V), before = scores.first(now.size());
      found.compared += now.size();
      for (std::size_t k = 0; k < now.size(); ++k) {
        if (std::memcmp(&now[k], &before[k], sizeof(float)) == 0) continue;
        ++found.changed;
        found.most = std::max(found.most, difference(now[k], before[k]));
      }
    }
  }
  return found;
}

double probe_positions(const Probed& probed) {
  Asker asker(probed);
  const std::size_t T = asker.time(), V = asker.vocabulary();
  const auto scores = asker.scores(std::vector<std::int32_t>(T, probed.text[0]));
  double most = 0;
  for (std::size_t t = 1; t < T; ++t)
    most = std::max(most, largest_difference(scores.first(V), scores.subspan(t * V, V)));
  return most;
}

double probe_context(const Probed& probed) {
  Asker asker(probed);
  return least_move(asker, probed, [&](std::span<std::int32_t> window) {
    std::int32_t& changed = window[window.size() - 1 - back];
    changed = asker.another(changed);
  });
}

double probe_order(const Probed& probed) {
  Asker asker(probed);
  return least_move(asker, probed, [](std::span<std::int32_t> window) {
    // Two that differ, or nothing would change.
    for (std::size_t at = window.size() - 1 - back; at > 0; --at)
      if (window[at] != window[at - 1]) return std::swap(window[at], window[at - 1]);
  });
}

std::vector<AttentionMap> attention_maps(const Probed& probed) {
  Graph graph(probed.forward);
  std::vector<std::pair<Attention, std::uint32_t>> found;
  for (Value v : graph.topological())
    if (const auto* attention = as<Attention>(v)) found.emplace_back(*attention, v.id);
  for (const auto& [attention, id] : found) {
    graph.output("query " + std::to_string(id), graph.find(id).operands()[0]);
    graph.output("key " + std::to_string(id), graph.find(id).operands()[1]);
  }
  const std::size_t T = text_axes(graph).time.size;
  TextProgram program(graph, 1, T, probed.states, probed.pool);
  program.run(probed.text.first(T));
  std::vector<AttentionMap> made;
  for (const auto& [attention, id] : found) {
    const Value node = graph.find(id);
    const Shape &q = node.operands()[0].type().shape, &k = node.operands()[1].type().shape;
    const std::size_t heads = q[-3].size, each = q[-1].size, sharing = heads / k[-3].size;
    const auto query = program.output("query " + std::to_string(id)), key = program.output("key " + std::to_string(id));
    AttentionMap map{node.node().at.module, heads, T, attention.looks(), std::vector<double>(heads * T * T)};
    for (std::size_t h = 0; h < heads; ++h)
      for (std::size_t i = 0; i < T; ++i) {
        double* const row = map.weights.data() + (h * T + i) * T;
        const auto [first, last] = attention.looks().of(i, T);
        double top = -INFINITY, sum = 0;
        for (std::size_t j = first; j < last; ++j) {
          for (std::size_t e = 0; e < each; ++e)
            row[j] += static_cast<double>(query[(h * T + i) * each + e]) *
                      static_cast<double>(key[(h / sharing * T + j) * each + e]);
          row[j] *= static_cast<double>(static_cast<float>(attention.scale));
          top = std::max(top, row[j]);
        }
        for (std::size_t j = first; j < last; ++j) sum += row[j] = std::exp(row[j] - top);
        for (std::size_t j = first; j < last; ++j) row[j] /= sum;
      }
    made.push_back(std::move(map));
  }
  return made;
}

double mean_entropy(const std::vector<AttentionMap>& maps) {
  for (const AttentionMap& map : maps)
    if (std::ranges::any_of(map.weights, [](double p) { return std::isnan(p); })) return NAN;
  constexpr std::size_t fewest = 8;  // of so few keys even the most even choice says little
  double sum = 0;
  std::size_t rows = 0;
  for (const AttentionMap& map : maps)
    for (std::size_t row = 0; row < map.heads * map.time; ++row) {
      const auto [first, last] = map.looks.of(row % map.time, map.time);
      if (last - first < fewest) continue;
      double entropy = 0;
      for (std::size_t j = first; j < last; ++j)
        if (const double p = map.weights[row * map.time + j]; p > 0) entropy -= p * std::log(p);
      sum += entropy / std::log(static_cast<double>(last - first));
      ++rows;
    }
  return rows == 0 ? 1 : sum / static_cast<double>(rows);
}

}  // namespace vitrine
