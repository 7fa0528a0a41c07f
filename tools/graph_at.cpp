#include "tools/graph_at.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/optimizers.hpp"
#include "tools/compilation.hpp"
#include "tools/find_project.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

void note(const Record& record, std::map<std::uint32_t, std::uint32_t>& became) {
  for (const Rewrite& r : record.rewrites)
    if (r.by && r.by.id != r.matched[0].value.id) became[r.matched[0].value.id] = r.by.id;
}

/// Runs passes over a graph and keeps the graph of one point.
class Search {
 public:
  Search(std::span<const Pass> passes, const Point& point, const std::string& command)
      : passes_(passes), point_(point), command_(command), pass_(wanted(point)) {}

  static Pass wanted(const Point& point) {
    return passes_named(point.after.empty() ? point.before : point.after).at(0);
  }

  Graph run(Graph graph, std::map<std::uint32_t, std::uint32_t>& became) {
    if (point_.round && pass_.when == When::at_the_end)
      throw UsageError(fmt::format("{}: {} runs once, after the last round; leave --round out", command_, pass_.name));
    Graph now = graph;
    found_ = last_ = rewritten_ = graph;
    PipelineOptions pipeline;
    const auto first = std::ranges::find(passes_, When::in_rounds, &Pass::when);
    const std::string_view begins = first == passes_.end() ? "" : first->name;
    pipeline.at_stage = [&](std::string_view stage) { rounds_ += stage == begins; };
    pipeline.after_pass = [&](const Graph& changed, const Pass& by, std::size_t round) {
      point_.round ? see_round(changed, by, round) : see(changed, by);
    };
    note(optimize(now, passes_, pipeline), became);
    if (point_.round > rounds_)
      throw UsageError(fmt::format("{}: these passes come to rest after {} round{}; --round takes 1 to {}", command_,
                                   rounds_, rounds_ == 1 ? "" : "s", rounds_));
    if (point_.round || ran_) return std::move(found_);
    // It changed nothing: one that rewrites had its last turn before the first that runs at the end.
    return pass_.when == When::at_the_end ? now : std::move(rewritten_);
  }

 private:
  void see(const Graph& changed, const Pass& by) {
    const bool is_it = by.name == pass_.name;
    if (is_it && !point_.after.empty()) found_ = changed;
    if (is_it && !point_.before.empty() && !ran_) found_ = last_;
    ran_ = ran_ || is_it;
    if (by.when != When::at_the_end) rewritten_ = changed;
    last_ = changed;
  }
  /// What was changed up to the pass's turn in that round, with it or without it.
  void see_round(const Graph& changed, const Pass& by, std::size_t round) {
    const auto place = [&](const Pass& pass) { return std::ranges::find(passes_, pass.name, &Pass::name); };
    const bool here = round == point_.round;
    if (by.when == When::at_the_end || round > point_.round || (here && place(by) > place(pass_))) return;
    if (here && by.name == pass_.name && point_.after.empty()) return;
    found_ = changed;
  }

  std::span<const Pass> passes_;
  const Point& point_;
  const std::string& command_;
  Pass pass_;
  Graph found_{}, last_{}, rewritten_{};
  std::size_t rounds_ = 0;
  bool ran_ = false;
};

bool has(std::span<const Pass> passes, std::string_view pass) {
  return std::ranges::find(passes, pass, &Pass::name) != passes.end();
}

/// The graph before any pass: of a model that is to be trained, recognized and differentiated.
Graph start_of(const Projects& projects, const std::string& model, const std::string& step, GraphAt& made) {
  if (step != "train" || names_a_file(model)) return model_graph(projects, model, step);
  const Project& project = find_project(projects, model);
  Graph forward = project.forward();
  note(recognize(forward), made.became);
  return differentiated_step(forward, project.optimizer);
}

std::string words_of(const Point& point) {
  std::string made = point.after.empty() ? "before " + point.before : "after " + point.after;
  return point.round ? made + fmt::format(" in round {}", point.round) : made;
}

}  // namespace

GraphAt graph_at(const Projects& projects, const std::string& model, const std::string& step, const Point& point,
                 const std::string& command) {
  if (!point.after.empty() && !point.before.empty())
    throw UsageError(command + ": --after and --before exclude each other; give one");
  const bool last = point.after == "all";
  const bool none = point.after == "none" || (point.after.empty() && point.before.empty());
  if (point.round && (last || none))
    throw UsageError(command + ": --round says which turn of a pass; name the pass with --after or --before");
  GraphAt made;
  if (none) {
    made.where = "before any pass";
    made.early = true;
    made.graph = start_of(projects, model, step, made);
    return made;
  }
  const bool of_file = names_a_file(model);
  if (last) {
    // A forward graph of a project is a model in use.
    const bool in_use = step == "forward" && !of_file;
    made.where = "after all passes";
    made.run = in_use ? "in use" : "";
    made.graph = start_of(projects, model, step, made);
    note(optimize(made.graph, pipelines_of(model, step).back()), made.became);
    return made;
  }
  made.where = words_of(point);
  const std::string_view pass = Search::wanted(point).name;
  // What is derived from a model in use, or was read, may be in few bits.
  const auto plain = of_file || step == "decode" ? decode_pipeline : default_pipeline;
  if (has(plain, pass)) {
    made.graph = Search(plain, point, command).run(start_of(projects, model, step, made), made.became);
  } else if (step == "train" && !of_file && has(recognition_pipeline, pass)) {
    // What runs before the gradients are made shows the forward graph.
    made.where += ", before there are gradients";
    made.early = true;
    made.graph = Search(recognition_pipeline, point, command).run(find_project(projects, model).forward(), made.became);
  } else {
    // Any other pass that training leaves out shows the model in use.
    made.run = "in use";
    made.graph = Search(inference_pipeline, point, command).run(start_of(projects, model, step, made), made.became);
  }
  return made;
}

bool share_ids(const GraphAt& a, const GraphAt& b) { return a.early || b.early || a.run == b.run; }

}  // namespace vitrine
