#include <fmt/format.h>

#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "tools/commands/commands.hpp"
#include "tools/find_project.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

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
  const Record record = optimize(graph, passes, pipeline);
  verify(graph);
  write_text(options.output, dumps + print(graph));
  if (options.remarks) fmt::print(stderr, "{}", print(record));
  return 0;
}

}  // namespace vitrine
