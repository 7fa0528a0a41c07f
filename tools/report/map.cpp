#include "tools/report/map.hpp"

#include <memory>

#include "compiler/module_path.hpp"
#include "tools/report/layered.hpp"

namespace vitrine {

namespace {

constexpr double letter = 7.2, small_letter = 5.8, least_width = 64, most_width = 230, box_height = 38;
constexpr double gap_across = 14, gap_down = 22, inside = 12, title_height = 22;

double letters(const std::string& text) {
  return static_cast<double>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// A frame: nodes and frames in it.
struct Frame {
  std::string title{}, path{};
  Frame* around = nullptr;
  std::map<std::string, std::unique_ptr<Frame>> inside{};
  std::vector<Frame*> order{};  // of `inside`, as they were met
  std::vector<std::uint32_t> nodes{};
  std::vector<LayerEdge> edges{};                               // between its items: frames first, then nodes
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ends{};  // the nodes that each edge joins
  std::size_t item = 0;                                         // its own number among the items around it
  bool has_forward = false, has_gradient = false;
  double width = 0, height = 0;
  std::vector<LayerBox> boxes{};
};

class Drawing {
 public:
  Drawing(const Scene& scene, const Folding* folding)
      : scene_(scene), folding_(folding), frame_(scene.size()), item_(scene.size()) {}

  Map draw() {
    for (std::uint32_t id = 0; id < scene_.size(); ++id)
      if (place(id).drawn && drawn_as(id) == id) put(id);
    number(whole_);
    for (std::uint32_t id = 0; id < scene_.size(); ++id) {
      if (!place(id).drawn) continue;
      for (const auto* list : {&scene_[id].operands, &scene_[id].reads_too})
        for (const std::uint32_t operand : *list)
          if (place(operand).drawn) join(operand, id);
      for (const std::uint32_t from : scene_[id].origin)
        if (place(id).lane == Lane::gradient && place(from).drawn && place(from).lane == Lane::forward)
          stand_beside(drawn_as(from), drawn_as(id));
    }
    size(whole_);
    made_.width = whole_.width;
    made_.height = whole_.height;
    write(whole_, 0, 0, 0);
    return std::move(made_);
  }

 private:
  const Node& node(std::uint32_t id) const { return *scene_[id].node; }
  const Place& place(std::uint32_t id) const { return scene_[id].place; }
  std::uint32_t drawn_as(std::uint32_t id) const { return folding_ ? folding_->drawn_as[id] : id; }

  void put(std::uint32_t id) {
    Frame* at = &whole_;
    for (const std::string& title : place(id).frames) {
      auto& next = at->inside[title];
      if (!next) {
        next = std::make_unique<Frame>();
        next->around = at;
        next->path = at->path.empty() ? title : at->path + "." + title;
        next->title = title;
        if (folding_)
          if (const auto folded = folding_->title.find(next->path); folded != folding_->title.end())
            next->title = folded->second;
        at->order.push_back(next.get());
      }
      at = next.get();
      (place(id).lane == Lane::gradient ? at->has_gradient : at->has_forward) = true;
    }
    at->nodes.push_back(id);
    frame_[id] = at;
  }

  void number(Frame& frame) {
    for (std::size_t i = 0; i < frame.order.size(); ++i) frame.order[i]->item = i, number(*frame.order[i]);
    for (std::size_t i = 0; i < frame.nodes.size(); ++i) item_[frame.nodes[i]] = frame.order.size() + i;
  }

  /// The innermost frame around both, and what of its items each node is in.
  struct Meeting {
    Frame* frame = nullptr;
    std::size_t a = 0, b = 0;
  };
  Meeting meet(std::uint32_t a, std::uint32_t b) {
    const auto path = [&](std::uint32_t id) {
      std::vector<Frame*> made;
      for (Frame* at = frame_[id]; at; at = at->around) made.insert(made.begin(), at);
      return made;
    };
    const auto of_a = path(a), of_b = path(b);
    std::size_t level = 0;
    while (level + 1 < of_a.size() && level + 1 < of_b.size() && of_a[level + 1] == of_b[level + 1]) ++level;
    return {of_a[level], level + 1 < of_a.size() ? of_a[level + 1]->item : item_[a],
            level + 1 < of_b.size() ? of_b[level + 1]->item : item_[b]};
  }

  void join(std::uint32_t operand, std::uint32_t reader) {
    const std::uint32_t from = drawn_as(operand), to = drawn_as(reader);
    if (from == to || (folding_ && hands_on(operand, reader))) return;
    const auto [frame, a, b] = meet(from, to);
    const Lane lane = place(reader).lane;
    if (frame == &whole_ && (in_updates(from) || in_updates(to))) return;
    // The way of the data is straight: what a parameter or a gradient adds to it stands aside.
    if (lane == Lane::gradient && place(operand).lane == Lane::gradient)
      add(*frame, {.from = b, .to = a, .weight = 0.3}, to, from);
    else if (lane != Lane::gradient)
      add(*frame, {.from = a, .to = b, .weight = node(operand).op ? 1 : 0.1}, from, to);
  }
  /// From one repeat to the next: drawn, it would lead from the end of the block back to its beginning.
  bool hands_on(std::uint32_t operand, std::uint32_t reader) const {
    const auto home = [&](std::uint32_t id) { return numbered_module(place(id).module).path; };
    return home(operand) != home(reader) && !home(drawn_as(operand)).empty() &&
           home(drawn_as(operand)) == home(drawn_as(reader));
  }
  bool in_updates(std::uint32_t id) const { return !place(id).frames.empty() && place(id).frames[0] == updates_frame; }
  /// A gradient beside the node that it is a gradient of, if both are in one frame.
  void stand_beside(std::uint32_t node, std::uint32_t gradient) {
    if (frame_[node] == frame_[gradient])
      add(*frame_[node], {.from = item_[node], .to = item_[gradient], .length = 0, .weight = 0}, node, gradient);
  }
  static void add(Frame& frame, const LayerEdge& edge, std::uint32_t from, std::uint32_t to) {
    frame.edges.push_back(edge);
    frame.ends.emplace_back(from, to);
  }

  /// A parameter stands at the left of what leads down to its reader, or it would seem to be on that way.
  double aside(const Frame& frame, std::uint32_t id) const {
    const Leaf leaf = node(id).leaf;
    const bool stands_aside = frame_[id] == &frame && (leaf == Leaf::state || leaf == Leaf::constant);
    return stands_aside ? frame.boxes[item_[id]].width / 2 + gap_across : 0;
  }
  /// How far right of its item's middle a node stands, in a frame whose items have their sizes.
  double from_middle(const Frame& frame, std::uint32_t id) const {
    if (frame_[id] == &frame) return 0;
    const Frame* at = frame_[id];
    const LayerBox& own = at->boxes[item_[id]];
    double x = inside + own.x + own.width / 2;
    for (; at->around != &frame; at = at->around) x += inside + at->around->boxes[at->item].x;
    return x - at->width / 2;
  }

  void size(Frame& frame) {
    for (Frame* each : frame.order) {
      size(*each);
      frame.boxes.push_back({.width = each->width, .height = each->height, .lane = each->has_forward ? 1 : 2});
    }
    for (const std::uint32_t id : frame.nodes) {
      const Place& at = place(id);
      const double title = letter * (letters(at.title) + (scene_[id].operands.size() == 2 ? 3 : 0)),
                   type = small_letter * letters((Sentence{} << node(id).type).str());
      frame.boxes.push_back({.width = std::clamp(20 + std::max(title, type), least_width, most_width),
                             .height = box_height,
                             .lane = at.lane == Lane::gradient ? 2 : 0});
    }
    for (std::size_t i = 0; i < frame.edges.size(); ++i) {
      frame.edges[i].from_at = from_middle(frame, frame.ends[i].first) + aside(frame, frame.ends[i].first);
      frame.edges[i].to_at = from_middle(frame, frame.ends[i].second);
    }
    const bool root = &frame == &whole_;
    const LayerSize size = root ? lay_out_whole() : lay_out(frame.boxes, frame.edges, gap_across, gap_down);
    frame.width = std::max(size.width, root ? 0 : 8 * letters(frame.title)) + 2 * inside;
    frame.height = size.height + 2 * inside + (root ? 0 : title_height);
  }
  /// Updates stand at the right of all else.
  LayerSize lay_out_whole() {
    const auto updates = whole_.inside.find(updates_frame);
    if (updates == whole_.inside.end()) return lay_out(whole_.boxes, whole_.edges, gap_across, gap_down);
    const std::size_t last = updates->second->item;
    std::vector<LayerBox> others = whole_.boxes;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(last));
    std::vector<LayerEdge> edges = whole_.edges;
    for (LayerEdge& edge : edges) edge.from -= edge.from > last, edge.to -= edge.to > last;
    const LayerSize size = lay_out(others, std::move(edges), gap_across, gap_down);
    for (std::size_t i = 0; i < others.size(); ++i) whole_.boxes[i + (i >= last)] = others[i];
    LayerBox& apart = whole_.boxes[last];
    apart.x = others.empty() ? 0 : size.width + 3 * gap_across;
    apart.y = 0;
    return {apart.x + apart.width, std::max(size.height, apart.height)};
  }

  void write(const Frame& frame, double x, double y, std::size_t depth) {
    const bool root = &frame == &whole_;
    const bool only_wraps = frame.nodes.empty() && frame.order.size() == 1;  // "blocks" around blocks that are folded
    if (!root && !only_wraps) made_.frames.push_back({frame.title, depth, x, y, frame.width, frame.height});
    const double left = x + inside, top = y + inside + (root ? 0 : title_height);
    for (std::size_t i = 0; i < frame.order.size(); ++i)
      write(*frame.order[i], left + frame.boxes[i].x, top + frame.boxes[i].y, depth + 1);
    for (std::size_t i = 0; i < frame.nodes.size(); ++i) {
      const LayerBox& box = frame.boxes[frame.order.size() + i];
      made_.boxes.push_back({frame.nodes[i], left + box.x, top + box.y, box.width, box.height});
    }
  }

  const Scene& scene_;
  const Folding* folding_;
  Frame whole_{};
  std::vector<Frame*> frame_;      // by node id
  std::vector<std::size_t> item_;  // by node id: its number in its frame
  Map made_{};
};

}  // namespace

Map map_of(const Scene& scene, const Folding* folding) { return Drawing(scene, folding).draw(); }

}  // namespace vitrine
