#include "tools/report/ranks.hpp"

#include <algorithm>
#include <cstdint>

namespace vitrine {

namespace {

/// For each box the edges that leave it.
using Out = std::vector<std::vector<std::size_t>>;

Out leaving(std::size_t boxes, const std::vector<LayerEdge>& edges) {
  Out made(boxes);
  for (std::size_t i = 0; i < edges.size(); ++i) made[edges[i].from].push_back(i);
  return made;
}

/// Depth first, without recursion: a graph may be a chain of thousands.
void turn_circles(std::size_t boxes, std::vector<LayerEdge>& edges) {
  enum class State : std::uint8_t { fresh, open, done };
  const Out out = leaving(boxes, edges);
  std::vector<State> state(boxes, State::fresh);
  for (std::size_t root = 0; root < boxes; ++root) {
    if (state[root] != State::fresh) continue;
    std::vector<std::pair<std::size_t, std::size_t>> path{{root, 0}};
    state[root] = State::open;
    while (!path.empty()) {
      auto& [at, next] = path.back();
      if (next == out[at].size()) {
        state[at] = State::done;
        path.pop_back();
        continue;
      }
      LayerEdge& edge = edges[out[at][next++]];
      const std::size_t to = edge.to;
      if (state[to] == State::open)
        std::swap(edge.from, edge.to), std::swap(edge.from_at, edge.to_at);
      else if (state[to] == State::fresh)
        state[to] = State::open, path.push_back({to, 0});
    }
  }
}

}  // namespace

std::vector<std::size_t> ranks_of(std::size_t boxes, std::vector<LayerEdge>& edges) {
  turn_circles(boxes, edges);
  const Out out = leaving(boxes, edges);
  std::vector<std::size_t> rank(boxes), waiting(boxes), ready, order;
  for (const LayerEdge& edge : edges) ++waiting[edge.to];
  std::vector<bool> led_to(boxes);
  for (std::size_t i = boxes; i-- > 0;) {
    led_to[i] = waiting[i] > 0;
    if (!led_to[i]) ready.push_back(i);
  }
  const auto length = [&](std::size_t edge) { return static_cast<std::size_t>(edges[edge].length); };
  while (!ready.empty()) {
    const std::size_t at = ready.back();
    ready.pop_back();
    order.push_back(at);
    for (const std::size_t e : out[at]) {
      const std::size_t to = edges[e].to;
      rank[to] = std::max(rank[to], rank[at] + length(e));
      if (--waiting[to] == 0) ready.push_back(to);
    }
  }
  for (auto at = order.rbegin(); at != order.rend(); ++at) {
    if (led_to[*at] || out[*at].empty()) continue;
    std::size_t least = ~std::size_t{0};
    for (const std::size_t e : out[*at]) least = std::min(least, rank[edges[e].to] - length(e));
    rank[*at] = least;
  }
  return rank;
}

}  // namespace vitrine
