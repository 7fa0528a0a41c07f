// Which rewrite broke it? The pipeline is run again and again, each time to another number of rewrites, and a command
// of the user's judges the graph that came out: no state is kept from one run of `bisect` to the next.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "tools/bisection.hpp"
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/graph_check.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// One pass over the graph that changed it.
struct Turn {
  std::string_view pass;
  std::size_t round;
};

/// A pipeline that is run to any number of rewrites, the same ones in the same order each time. A training step may
/// begin with what is done to the forward graph before it is differentiated.
class Rerun {
 public:
  Rerun(const Graph& start, std::vector<Pass> passes, const Optimizer* trained_by)
      : start_(start), passes_(std::move(passes)), trained_by_(trained_by) {}

  Graph start() const { return start_; }
  /// Rewrites a copy of the start in place: what is recorded points into it. `turns` gets the passes that came to their
  /// end. The graph is not verified: whether it is broken is for the user's command to say.
  Record run(Graph& copy, std::size_t rewrites, std::vector<Turn>* turns = nullptr) const {
    PipelineOptions options{.verify_each = false, .most_rewrites = rewrites};
    if (turns)
      options.after_pass = [turns](const Graph&, const Pass& pass, std::size_t round) {
        turns->push_back({pass.name, round});
      };
    if (!trained_by_) return optimize(copy, passes_, options);
    Record record = recognize(copy, options);
    copy = differentiated_step(copy, *trained_by_);
    if (rewrites != no_limit) options.most_rewrites = rewrites - record.rewrites.size();
    Record behind = optimize(copy, passes_, options);
    std::ranges::move(behind.rewrites, std::back_inserter(record.rewrites));
    return record;
  }
  Graph after(std::size_t rewrites) const {
    Graph graph = start();
    run(graph, rewrites);
    return graph;
  }
  /// In which round of the passes rewrite `number` (from 1) is made.
  std::size_t round_of(std::size_t number) const {
    std::vector<Turn> all, before;
    Graph one = start(), other = start();
    run(one, no_limit, &all);
    run(other, number - 1, &before);
    return all.at(before.size()).round;
  }

 private:
  const Graph& start_;
  std::vector<Pass> passes_;
  const Optimizer* trained_by_;
};

std::vector<std::string> lines_of(const std::vector<Seen>& nodes) {
  std::vector<std::string> lines;
  for (const Seen& seen : nodes) lines.push_back(line_of(seen));
  return lines;
}

/// Beside FILE.vit: FILE.bad.vit.
std::string path_of_bad(std::string path) {
  if (path.ends_with(".vit")) path.resize(path.size() - 4);
  return path + ".bad.vit";
}

struct Verdict {
  std::string sentence;
  nlohmann::json json;
};

Verdict tell(const Rerun& pipeline, std::size_t number, std::size_t all) {
  Graph graph = pipeline.start();
  const Record record = pipeline.run(graph, number);
  const Rewrite& rewrite = record.rewrites.at(number - 1);
  const std::size_t round = pipeline.round_of(number);
  const std::string at = fmt::format("{}:{}", rewrite.at.file_name(), rewrite.at.line());
  const auto matched = lines_of(rewrite.matched), made = lines_of(rewrite.made);
  std::string text = fmt::format(
      "CMD holds after {} of {} rewrites and fails after {}\n  pass: {}, round {}\n  rule: {}\n  made at: {}\n",
      number - 1, all, number, rewrite.pass, round, rewrite.rule, at);
  for (const std::string& line : matched) text += "  - " + line + "\n";
  for (const std::string& line : made) text += "  + " + line + "\n";
  const std::string by = rewrite.by ? name_of(rewrite.by) : "";
  if (made.empty() && rewrite.by) text += "  = " + by + "\n";
  return {text,
          {{"verdict", "found"},
           {"rewrite", number},
           {"pass", rewrite.pass},
           {"round", round},
           {"rule", rewrite.rule},
           {"at", at},
           {"matched", matched},
           {"made", made},
           {"by", by}}};
}

}  // namespace

int bisect(const Projects& projects, const BisectOptions& options) {
  std::vector<Pass> passes = options.passes.empty() ? std::vector<Pass>(decode_pipeline.begin(), decode_pipeline.end())
                                                    : passes_named(options.passes);
  if (options.output == "-") throw UsageError("bisect: -o writes two graphs, so it takes the name of a file, not '-'");
  GraphCheck check("bisect", options.check);
  const bool begins_forward = options.passes.empty() && options.step == "train" && !names_a_file(options.model);
  const Project* project = begins_forward ? &find_project(projects, options.model) : nullptr;
  const Graph start = project ? project->forward() : model_graph(projects, options.model, options.step);
  const Rerun pipeline(start, std::move(passes), project ? &project->optimizer : nullptr);
  Graph last = pipeline.start();
  const std::size_t all = pipeline.run(last, no_limit).rewrites.size();

  Verdict verdict;
  std::size_t number = 0;
  if (check.fails(pipeline.after(0))) {
    verdict = {"CMD fails on the graph before any rewrite: the fault is not in these passes\n",
               {{"verdict", "fails before the first rewrite"}}};
  } else if (all == 0 || !check.fails(last)) {
    verdict = {all ? fmt::format("CMD holds on the graph after all {} rewrites: there is nothing to find\n", all)
                   : "CMD holds, and these passes rewrite nothing: there is nothing to find\n",
               {{"verdict", "holds after the last rewrite"}}};
  } else {
    number = first_bad(0, all, [&](std::size_t n) { return check.fails(pipeline.after(n)); });
    verdict = tell(pipeline, number, all);
  }
  const std::string runs = fmt::format("CMD ran {} time{}", check.runs(), check.runs() == 1 ? "" : "s");
  fmt::print("{}{}{}\n", verdict.sentence, runs,
             number ? "; if it fails on and off, this is one of several places where it begins to" : "");
  if (number && !options.output.empty()) {
    write_text(options.output, print(pipeline.after(number - 1)));
    write_text(path_of_bad(options.output), print(pipeline.after(number)));
    fmt::print("the graph before: {}, after: {}\n", options.output, path_of_bad(options.output));
  }
  if (!options.json.empty()) {
    verdict.json["rewrites"] = all;
    verdict.json["runs"] = check.runs();
    write_text(options.json, verdict.json.dump(2) + "\n");
  }
  return number ? 0 : 1;
}

}  // namespace vitrine
