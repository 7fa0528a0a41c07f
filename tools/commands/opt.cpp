#include <fmt/format.h>

#include "compiler/escape.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "runtime/tensor_file.hpp"
#include "tools/certify.hpp"
#include "tools/commands/commands.hpp"
#include "tools/compiled.hpp"
#include "tools/find_project.hpp"
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

}  // namespace

int opt(const OptOptions& options) {
  const std::vector<Pass> passes = passes_named(options.passes);
  Graph graph = read_graph(options.file);
  std::string dumps;
  PipelineOptions pipeline{.verify_each = options.verify_each};
  if (options.print_after_all)
    pipeline.after_pass = [&](const Graph& now, const Pass& pass, std::size_t) {
      // The header that Compiler Explorer's pipeline view looks for in MLIR's output.
      dumps += fmt::format("// -----// IR Dump After {} //----- //\n{}\n", pass.name, print(now));
    };
  const Certified made = options.certify ? certified(graph, passes, pipeline, options)
                                         : Certified{.record = optimize(graph, passes, pipeline)};
  verify(graph);
  write_text(options.output, dumps + print(graph));
  if (options.remarks) fmt::print(stderr, "{}", print(made.record));
  if (options.certify) fmt::print(stderr, "{}", table(made.certificate));
  report_breaks(made.certificate, options.out);
  return made.certificate.holds() ? 0 : 1;
}

}  // namespace vitrine
