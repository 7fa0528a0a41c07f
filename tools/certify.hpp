#pragma once
#include "compiler/certificate.hpp"
#include "tools/loaded_graph.hpp"

namespace vitrine {

/// The certificate of one compilation: of the derivatives it was made with, of every pass, of the program in the end.
struct Certified {
  Certificate certificate{};
  Record record{};
};

/// Compiles the graph under certificate, from these values of its inputs and states. `graph` becomes what comes out: a
/// pass that broke its contract has changed nothing. `forward`: the graph whose derivatives are in it, or null.
Certified certify(Graph& graph, const Graph* forward, std::span<const Pass>, const Values<float>& leaves, Pool&,
                  const PipelineOptions& = {});

/// What happens to a model before it is differentiated: recognition_pipeline over the forward graph, under the same
/// judge.
Certified certify_recognition(Graph& forward, const Values<float>& leaves, Pool&);

/// What was certified before comes first; of a stage that both have the numbers are added up.
void prepend(const Certificate& before, Certificate&);

/// The certificate as a table, a line for each stage.
std::string table(const Certificate&);

/// Every number of it.
std::string json(const Certificate&);

/// Prints each break on standard error, writes its reproducer, FOLDER/PASS.vit and FOLDER/PASS.safetensors, and prints
/// the command line that shows it again.
void report_breaks(const Certificate&, const std::string& folder);

}  // namespace vitrine
