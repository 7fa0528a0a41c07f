#include "tools/report/layered.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <tuple>

#include "tools/report/ranks.hpp"

namespace vitrine {

namespace {

constexpr double dummy_width = 6, least_width = 480;  // of a page of pieces
constexpr std::size_t most_dummies = 20000;
constexpr int sweeps = 12;

/// One connected piece. Long edges are carried through the ranks between by dummies, which have no height.
class Layers {
 public:
  Layers(std::vector<LayerBox>& boxes, const std::vector<std::size_t>& members, const std::vector<LayerEdge>& edges,
         double across, double down)
      : boxes_(boxes), members_(members), across_(across), down_(down) {
    for (const std::size_t member : members) {
      number_.resize(std::max(number_.size(), member + 1));
      number_[member] = nodes_.size();
      nodes_.push_back({.width = boxes[member].width, .height = boxes[member].height, .lane = boxes[member].lane});
    }
    for (const LayerEdge& edge : edges)
      edges_.push_back({number_[edge.from], number_[edge.to], edge.length, edge.weight, edge.from_at, edge.to_at});
  }

  LayerSize place() {
    rank();
    carry_long_edges();
    order();
    break_long_ranks();
    spread();
    return write();
  }

 private:
  struct Node {
    double width = 0, height = 0;
    int lane = 0;
    std::size_t rank = 0, order = 0;
    double x = 0;  // of its middle
    struct Join {
      std::size_t node;
      double shift;  // of this node's middle from that one's, where the edge is straight
      double weight;
    };
    std::vector<Join> above{}, below{};
  };

  void rank() {
    const std::vector<std::size_t> ranks = ranks_of(nodes_.size(), edges_);
    for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].rank = ranks[i];
  }

  void carry_long_edges() {
    for (const LayerEdge& edge : edges_) {
      const std::size_t begin = nodes_[edge.from].rank, end = nodes_[edge.to].rank;
      if (begin >= end || edge.weight == 0) continue;
      std::size_t above = edge.from;
      double at = edge.from_at;
      if (nodes_.size() + end - begin < members_.size() + most_dummies)
        for (std::size_t r = begin + 1; r < end; ++r) {
          nodes_.push_back({.width = dummy_width, .lane = nodes_[edge.to].lane, .rank = r});
          join(above, nodes_.size() - 1, at, edge.weight);
          above = nodes_.size() - 1;
          at = 0;
        }
      join(above, edge.to, at - edge.to_at, edge.weight);
    }
  }
  void join(std::size_t above, std::size_t below, double shift, double weight) {
    nodes_[above].below.push_back({below, -shift, weight});
    nodes_[below].above.push_back({above, shift, weight});
  }

  void order() {
    std::size_t last = 0;
    for (const Node& node : nodes_) last = std::max(last, node.rank);
    ranks_.assign(last + 1, {});
    for (std::size_t i = 0; i < nodes_.size(); ++i) ranks_[nodes_[i].rank].push_back(i);
    for (auto& rank : ranks_) {
      std::ranges::sort(rank, {}, [&](std::size_t i) { return std::pair(nodes_[i].lane, i); });
      number(rank);
    }
    for (int sweep = 0; sweep < sweeps; ++sweep)
      for (std::size_t k = 0; k < ranks_.size(); ++k) {
        auto& rank = ranks_[sweep % 2 ? ranks_.size() - 1 - k : k];
        std::vector<std::pair<double, std::size_t>> wanted;
        for (const std::size_t i : rank) {
          const auto& beside = sweep % 2 ? nodes_[i].below : nodes_[i].above;
          double sum = 0, weight = 0;
          for (const auto& join : beside)
            sum += join.weight * static_cast<double>(nodes_[join.node].order), weight += join.weight;
          wanted.emplace_back(weight > 0 ? sum / weight : static_cast<double>(nodes_[i].order), i);
        }
        std::ranges::sort(wanted, {}, [&](const auto& w) {
          const Node& node = nodes_[w.second];
          return std::tuple(node.lane, w.first, node.order);
        });
        for (std::size_t i = 0; i < rank.size(); ++i) rank[i] = wanted[i].second;
        number(rank);
      }
  }
  void number(const std::vector<std::size_t>& rank) {
    for (std::size_t i = 0; i < rank.size(); ++i) nodes_[rank[i]].order = i;
  }

  /// A rank of many boxes becomes rows below each other, each about as wide as a screen: nothing joins boxes of a rank.
  void break_long_ranks() {
    constexpr double longest = 5000, row = 2500;
    std::vector<std::vector<std::size_t>> made;
    for (const auto& rank : ranks_) {
      double whole = 0, x = 0;
      for (const std::size_t i : rank) whole += i < members_.size() ? nodes_[i].width + across_ : 0;
      made.emplace_back();
      for (const std::size_t i : rank) {
        const double width = i < members_.size() ? nodes_[i].width + across_ : 0;
        if (whole > longest && x > 0 && x + width > row) made.emplace_back(), x = 0;
        made.back().push_back(i);
        x += width;
      }
    }
    ranks_ = std::move(made);
  }

  /// Each box near the middle of those it is joined to; boxes of one rank keep their order and distance.
  void spread() {
    for (const auto& rank : ranks_) {
      double x = 0;
      for (const std::size_t i : rank) {
        nodes_[i].x = x + nodes_[i].width / 2;
        x += nodes_[i].width + across_;
      }
    }
    for (int sweep = 0; sweep < 2 * sweeps; ++sweep)
      for (std::size_t k = 0; k < ranks_.size(); ++k)
        settle(ranks_[sweep % 2 ? ranks_.size() - 1 - k : k], sweep % 2 != 0, sweep > sweeps);
  }
  /// The positions nearest to those wanted, in the mean square, that keep the distances: neighbours that would meet
  /// move as one block.
  void settle(const std::vector<std::size_t>& rank, bool upwards, bool both) {
    struct Block {
      double sum = 0, weight = 0;
      std::size_t first = 0;
      double at() const { return sum / weight; }
    };
    std::vector<double> offset(rank.size());
    std::vector<Block> blocks;
    for (std::size_t k = 0; k < rank.size(); ++k) {
      const Node& node = nodes_[rank[k]];
      if (k) offset[k] = offset[k - 1] + (nodes_[rank[k - 1]].width + node.width) / 2 + across_;
      double sum = 0, weight = 0;
      const auto count = [&](const std::vector<Node::Join>& beside) {
        for (const auto& join : beside) sum += join.weight * (nodes_[join.node].x + join.shift), weight += join.weight;
      };
      if (both || upwards) count(node.below);
      if (both || !upwards) count(node.above);
      if (weight == 0) sum = 0.2 * node.x, weight = 0.2;
      blocks.push_back({sum - weight * offset[k], weight, k});
      while (blocks.size() > 1 && blocks[blocks.size() - 2].at() >= blocks.back().at()) {
        const Block right = blocks.back();
        blocks.pop_back();
        blocks.back().sum += right.sum;
        blocks.back().weight += right.weight;
      }
    }
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      const std::size_t end = b + 1 < blocks.size() ? blocks[b + 1].first : rank.size();
      for (std::size_t k = blocks[b].first; k < end; ++k) nodes_[rank[k]].x = blocks[b].at() + offset[k];
    }
  }

  LayerSize write() {
    double least = 0, most = 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      least = i ? std::min(least, node.x - node.width / 2) : node.x - node.width / 2;
      most = i ? std::max(most, node.x + node.width / 2) : node.x + node.width / 2;
    }
    const double wide = most - least, column = wide + 4 * across_, foot = longest_column(wide);
    double x = 0, y = 0, bottom = 0;
    for (const auto& rank : ranks_) {
      double height = 0;
      for (const std::size_t i : rank) height = std::max(height, nodes_[i].height);
      if (y > 0 && y + height > foot) x += column, y = 0;
      for (const std::size_t i : rank)
        if (i < members_.size()) {
          boxes_[members_[i]].x = x + nodes_[i].x - nodes_[i].width / 2 - least;
          boxes_[members_[i]].y = y + (height - nodes_[i].height) / 2;
        }
      bottom = std::max(bottom, y + height);
      y += height + down_;
    }
    return {x + wide, bottom};
  }
  /// A chain of thousands would be a thread that nobody can look at: it is broken into columns, as a page of text is.
  double longest_column(double wide) const {
    constexpr double tall = 4000, thread = 5;
    double whole = 0;
    for (const auto& rank : ranks_) {
      double height = 0;
      for (const std::size_t i : rank) height = std::max(height, nodes_[i].height);
      whole += height + down_;
    }
    return whole < tall || whole < thread * wide ? whole : std::sqrt(whole * (wide + 4 * across_) / 1.4);
  }

  std::vector<LayerBox>& boxes_;
  const std::vector<std::size_t>& members_;
  double across_, down_;
  std::vector<std::size_t> number_{};
  std::vector<Node> nodes_{};
  std::vector<LayerEdge> edges_{};
  std::vector<std::vector<std::size_t>> ranks_{};
};

}  // namespace

LayerSize lay_out(std::vector<LayerBox>& boxes, std::vector<LayerEdge> edges, double across, double down) {
  std::set<std::pair<std::size_t, std::size_t>> known;
  std::erase_if(edges, [&](const LayerEdge& e) { return e.from == e.to || !known.insert({e.from, e.to}).second; });
  std::vector<std::size_t> piece(boxes.size());
  std::iota(piece.begin(), piece.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (piece[i] != i) i = piece[i] = piece[piece[i]];
    return i;
  };
  for (const LayerEdge& edge : edges) {
    const std::size_t a = root(edge.from), b = root(edge.to);
    piece[std::max(a, b)] = std::min(a, b);
  }
  std::vector<std::vector<std::size_t>> members(boxes.size());
  std::vector<std::vector<LayerEdge>> inside(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) members[root(i)].push_back(i);
  for (const LayerEdge& edge : edges) inside[root(edge.from)].push_back(edge);

  // Pieces stand in rows like words on a page, in the order of their first box.
  double area = 0;
  std::vector<std::pair<std::size_t, LayerSize>> sizes;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (members[i].empty()) continue;
    sizes.emplace_back(i, Layers(boxes, members[i], inside[i], across, down).place());
    area += (sizes.back().second.width + across) * (sizes.back().second.height + down);
  }
  const double wide = std::max(least_width, 1.3 * std::sqrt(area));
  LayerSize whole;
  double x = 0, y = 0, row = 0;
  for (const auto& [first, size] : sizes) {
    if (x > 0 && x + size.width > wide) x = 0, y += row + down, row = 0;
    for (const std::size_t i : members[first]) boxes[i].x += x, boxes[i].y += y;
    whole.width = std::max(whole.width, x + size.width);
    row = std::max(row, size.height);
    x += size.width + 2 * across;
  }
  whole.height = y + row;
  return whole;
}

}  // namespace vitrine
