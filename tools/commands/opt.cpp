#include <fmt/format.h>

#include "compiler/escape.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/reduce.hpp"
#include "compiler/verify.hpp"
#include "runtime/tensor_file.hpp"
#include "tools/certify.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compiled.hpp"
#include "tools/find_project.hpp"
#include "tools/graph_check.hpp"
#include "tools/pass_dumps.hpp"
#include "tools/progress.hpp"
#include "tools/small_values.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Values of inputs and states: those of the file, where it has them.
Values<float> values_for(const Graph& graph, const std::string& file) {
  Values<float> values = small_values(graph, 1);
  if (file.empty()) return values;
  for (const auto& [name, tensor] : read_tensor_file(file).tensors) {
    const Value leaf = graph.find(name);
    if (!leaf || leaf.type().dtype != tensor.dtype || leaf.type().bytes() != tensor.bytes.size())
      throw InputError(
          fmt::format("{}: '{}' is no input or state of the graph, or has another type there", file, visible(name)));
    values[leaf.id] = tensor.bytes;
  }
  return values;
}

Certified certified(Graph& graph, std::span<const Pass> passes, const PipelineOptions& pipeline,
                    const OptOptions& options) {
  Pool pool(thread_count(0));
  const Values<float> values = values_for(graph, options.inputs);
  return certify(graph, nullptr, passes, values, pool, pipeline);
}

void check_flags(const OptOptions& options) {
  if (!options.reduce && !options.check.empty())
    throw UsageError("opt: --check is what --reduce asks; add --reduce, or leave --check out");
  if (options.reduce && options.check.empty())
    throw UsageError("opt: --reduce wants to know what the graph shall go on failing; add --check CMD");
  if (options.passes.empty() && !options.reduce && !options.certify)
    throw UsageError(
        "opt: --passes is missing: name the passes to run, or give --certify, or --reduce and --check CMD");
  if (!options.inputs.empty() && !options.certify)
    throw UsageError("opt: --inputs is what --certify computes with; add --certify, or leave --inputs out");
}

std::size_t nodes_in(const Graph& graph) { return graph.topological().size(); }

/// The exit code: 1 if there was nothing to reduce.
int reduce(Graph& graph, GraphCheck& check, std::size_t tries) {
  if (!check.fails(graph)) {
    fmt::print(stderr, "vitrine: opt: --check does not fail on the graph, so there is nothing to reduce\n");
    return 1;
  }
  const std::size_t before = nodes_in(graph);
  {
    Progress progress("reduce", 0);
    graph = reduced(graph, [&](const Graph& candidate) { return check.fails(candidate); },
                    {.tries = tries - 1, .after_try = [&](const Graph& smallest) {
                       progress.advance(1, fmt::format("{} of {} nodes", nodes_in(smallest), before));
                     }});
  }
  fmt::print(stderr, "{} of {} nodes are left; CMD ran {} times{}\n", nodes_in(graph), before, check.runs(),
             check.runs() < tries ? "" : ", which is all that --tries allows: it may get smaller yet");
  return 0;
}

}  // namespace

int opt(const OptOptions& options) {
  check_flags(options);
  const std::vector<Pass> passes = passes_named(options.passes);
  std::optional<GraphCheck> check;
  if (options.reduce) check.emplace("opt", options.check);
  Graph graph = read_graph(options.file);
  PassDumps dumps({options.print_before_all, options.print_after_all}, graph);
  PipelineOptions pipeline{.verify_each = options.verify_each};
  if (options.print_before_all || options.print_after_all)
    pipeline.after_pass = [&](const Graph& now, const Pass& pass, std::size_t) { dumps.see(now, pass.name); };
  const Certified made = options.certify ? certified(graph, passes, pipeline, options)
                                         : Certified{.record = optimize(graph, passes, pipeline)};
  verify(graph);
  if (options.remarks) fmt::print(stderr, "{}", print(made.record));
  if (options.certify) fmt::print(stderr, "{}", table(made.certificate));
  report_breaks(made.certificate, options.out);
  if (check)
    if (const int code = reduce(graph, *check, options.tries)) return code;
  write_text("", dumps.text());
  // Once is enough on one stream: the last dump is the graph, unless it was made smaller since.
  const bool has_file = !options.output.empty() && options.output != "-";
  if (has_file || !dumps.ends_with_the_last() || options.reduce)
    write_text(options.output, (has_file || dumps.text().empty() ? "" : "\n") + print(graph));
  return made.certificate.holds() ? 0 : 1;
}

}  // namespace vitrine
