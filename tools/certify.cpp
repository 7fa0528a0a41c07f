#include "tools/certify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "compiler/compile.hpp"
#include "compiler/derivative_check.hpp"
#include "compiler/optimizers.hpp"
#include "compiler/print.hpp"
#include "compiler/reduce.hpp"
#include "runtime/tensor_file.hpp"
#include "tools/small_values.hpp"
#include "tools/step_checker.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// How often a graph that breaks a contract may be tried smaller.
constexpr std::size_t most_tries = 400;

/// What the nodes of one kind have in common: op, attributes and types.
std::string kind_of(Value v) {
  std::string text(v.op()->name());
  for (const Attribute& a : v.op()->info->print(v.op()->attributes.get())) text += " " + a.name + "=" + a.text;
  for (Value o : v.operands()) text += (Sentence{} << " " << o.type()).str();
  return text;
}

/// Each different op of the forward graph, at the values that it meets there.
void check_derivatives(const Graph& forward, const Values<float>& leaves, Certificate& certificate) {
  Values<float> own;
  for (Value v : forward.topological())
    if (!v.op() && v.node().leaf != Leaf::constant) own[v.id] = leaves.at(v.id);
  const Values<double> values = evaluate<double>(forward, widened(forward, own));
  PassCertificate row{.pass = "gradients", .contract = Contract::exact};
  std::set<std::string> seen;
  for (Value v : forward.topological()) {
    if (!v.op() || !seen.insert(kind_of(v)).second) continue;
    ++row.rewrites, ++row.trials, row.elements += v.type().shape.elements();
    const std::string why = derivative_break(v, values);
    if (why.empty()) continue;
    Graph alone = cut_out(forward, Moment(forward), {v.id}, {v.id}, "reproducer");
    Values<float> at;
    for (Value leaf : alone.topological())
      if (!leaf.op() && leaf.node().leaf != Leaf::constant) at[leaf.id] = evaluate<float>(forward, own).at(leaf.id);
    certificate.breaks.push_back({.pass = "gradients",
                                  .rule = std::string(v.op()->name()),
                                  .node = line_of(v),
                                  .place = v.node().at,
                                  .why = why,
                                  .reproducer = std::move(alone),
                                  .leaves = std::move(at)});
  }
  certificate.passes.insert(certificate.passes.begin(), row);
}

bool has_break_of(const Certificate& certificate, std::string_view stage) {
  return std::ranges::find(certificate.breaks, stage, &Break::pass) != certificate.breaks.end();
}

void check_program(const Graph& graph, const Values<float>& leaves, Pool& pool, const Target& target,
                   Certificate& certificate) {
  StepChecker checker(graph, leaves);
  const Values<float> made = LoadedGraph(graph, pool, target).run(leaves, &checker);
  certificate.passes.push_back(
      {"program", Contract::reorders, checker.steps(), checker.steps(), checker.elements(), checker.worst()});
  const auto found = checker.finding(made);
  if (found && !has_break_of(certificate, "program")) {
    const Value v = graph.find(found->node);
    certificate.breaks.push_back({.pass = "program",
                                  .node = v ? line_of(v) : "",
                                  .place = v ? v.node().at : Location{},
                                  .why = found->why,
                                  .reproducer = graph,
                                  .leaves = leaves});
  }
}

/// Values for a graph that was cut from another: what its leaves had there, where they are the same.
Values<float> values_like(const Graph& graph,
                          const std::map<std::string, std::pair<Type, std::vector<std::byte>>>& known) {
  Values<float> made = small_values(graph, 1);
  for (Value v : graph.topological()) {
    const auto at = known.find(v.node().name);
    if (!v.op() && at != known.end() && at->second.first == v.type()) made[v.id] = at->second.second;
  }
  return made;
}

/// Makes the graph that reproduces a break small.
void reduce(Break& b, Pool& pool, const Machinery& machinery) {
  std::map<std::string, std::pair<Type, std::vector<std::byte>>> known;
  for (Value v : b.reproducer.topological())
    if (!v.op() && v.node().leaf != Leaf::constant) known[v.node().name] = {v.type(), b.leaves.at(v.id)};
  const auto pass = std::ranges::find(every_pass, b.pass, &Pass::name);
  const auto breaks_too = [&](const Graph& graph) {
    try {
      const Values<float> leaves = values_like(graph, known);
      if (pass != every_pass.end()) return breaks(graph, *pass, leaves, machinery);
      Certificate made;
      Certifier certifier(leaves, machinery, false);
      certifier.check_plan_of(graph);
      if (b.pass == "plan") return !certifier.certificate().holds();
      if (certifier.certificate().holds()) check_program(graph, leaves, pool, machinery.target, made);
      return !made.holds();
    } catch (const UsageError&) {
      return false;
    } catch (const InputError&) {
      return false;
    }
  };
  if (!breaks_too(b.reproducer)) return;
  b.reproducer = reduced(b.reproducer, breaks_too, {.tries = most_tries});
  b.leaves = values_like(b.reproducer, known);
}

std::string contract_of(const PassCertificate& row) {
  if (row.pass == "gradients") return "differences";
  if (row.pass == "program") return "rounding";
  return std::string(name_of(row.contract));
}

/// A break as lines: pass, rule, the line of the compiler, node, the user's line, what was wrong.
std::string paragraph(const Break& b) {
  std::string text = b.pass;
  if (!b.rule.empty()) text += ": " + b.rule;
  if (b.at.line() != 0) text += fmt::format("  ({}:{})", b.at.file_name(), b.at.line());
  if (!b.node.empty()) text += "\n  " + b.node;
  if (b.place.line != 0) text += fmt::format("\n  from {}:{}", b.place.file, b.place.line);
  if (!b.place.module.empty()) text += (b.place.line != 0 ? " in " : "\n  in ") + b.place.module;
  return text + "\n  " + b.why + "\n";
}

/// The words that show a break again.
std::string command_for(const Break& b, const std::string& stem) {
  if (b.pass == "gradients") return "vitrine certify " + stem + ".vit";
  const bool is_pass = std::ranges::find(every_pass, b.pass, &Pass::name) != every_pass.end();
  return fmt::format("vitrine opt {0}.vit {1}--certify --inputs {0}.safetensors", stem,
                     is_pass ? "--passes=" + b.pass + " " : "");
}

/// Hands out the command line, which the graph's file begins with.
std::string write_reproducer(const Break& b, const std::string& folder) {
  const std::string stem = folder + "/" + b.pass, command = command_for(b, stem);
  write_text(stem + ".vit", "// " + command + "\n" + print(b.reproducer));
  TensorFile file;
  for (Value v : b.reproducer.topological()) {
    if (v.op() || v.node().leaf == Leaf::constant) continue;
    HostTensor tensor{v.type().dtype, {}, b.leaves.at(v.id)};
    for (const Axis& a : v.type().shape) tensor.sizes.push_back(a.size);
    file.tensors.emplace(v.node().name, std::move(tensor));
  }
  write_tensor_file(stem + ".safetensors", file);
  return command;
}

}  // namespace

Certified certify(Graph& graph, const Graph* forward, std::span<const Pass> passes, const Values<float>& leaves,
                  Pool& pool, const PipelineOptions& options) {
  const CpuTarget target(best_isa());
  const Machinery machinery{target, loader(pool, target)};
  Certifier certifier(leaves, machinery);
  certifier.check_plan_of(graph);
  PipelineOptions judged(options);
  judged.judge = &certifier;
  Certified made{.record = optimize(graph, passes, judged)};
  made.certificate = certifier.certificate();
  if (forward) check_derivatives(*forward, leaves, made.certificate);
  if (!has_break_of(made.certificate, "plan")) check_program(graph, leaves, pool, target, made.certificate);
  for (Break& b : made.certificate.breaks)
    if (b.pass != "gradients") reduce(b, pool, machinery);
  return made;
}

Certified certify_recognition(Graph& forward, const Values<float>& leaves, Pool& pool) {
  const CpuTarget target(best_isa());
  const Machinery machinery{target, loader(pool, target)};
  Certifier certifier(leaves, machinery);
  Certified made{.record = recognize(forward, {.judge = &certifier})};
  made.certificate = certifier.certificate();
  for (Break& b : made.certificate.breaks) reduce(b, pool, machinery);
  return made;
}

void prepend(const Certificate& before, Certificate& certificate) {
  std::vector<PassCertificate> rows = before.passes;
  for (const PassCertificate& row : certificate.passes) {
    const auto known = std::ranges::find(rows, row.pass, &PassCertificate::pass);
    if (known == rows.end()) {
      rows.push_back(row);
      continue;
    }
    known->rewrites += row.rewrites, known->trials += row.trials, known->elements += row.elements;
    known->worst = std::max(known->worst, row.worst);
  }
  certificate.passes = std::move(rows);
  certificate.breaks.insert(certificate.breaks.begin(), before.breaks.begin(), before.breaks.end());
}

std::string table(const Certificate& certificate) {
  std::string text = fmt::format("{:<25}{:<13}{:>9}{:>9}{:>12}{:>9}  {}\n", "stage", "contract", "rewrites", "trials",
                                 "elements", "worst", "verdict");
  for (const PassCertificate& row : certificate.passes) {
    const auto broken = [&](const Break& b) { return b.pass == row.pass; };
    const bool holds = std::ranges::none_of(certificate.breaks, broken);
    const bool measured = row.contract == Contract::reorders || row.contract == Contract::lossy;
    text += fmt::format("{:<25}{:<13}{:>9}{:>9}{:>12}{:>9}  {}\n", row.pass, contract_of(row), row.rewrites, row.trials,
                        row.elements, measured ? fmt::format("{:.2f}", row.worst) : "",
                        row.contract == Contract::changes ? "structure holds"
                        : holds                           ? "holds"
                                                          : "BROKEN");
  }
  return text;
}

std::string json(const Certificate& certificate) {
  nlohmann::json made;
  made["holds"] = certificate.holds();
  for (const PassCertificate& row : certificate.passes)
    made["stages"].push_back({{"stage", row.pass},
                              {"contract", contract_of(row)},
                              {"rewrites", row.rewrites},
                              {"trials", row.trials},
                              {"elements", row.elements},
                              {"worst", row.worst}});
  made["breaks"] = nlohmann::json::array();
  for (const Break& b : certificate.breaks)
    made["breaks"].push_back({{"stage", b.pass},
                              {"rule", b.rule},
                              {"compiler", b.at.line() ? fmt::format("{}:{}", b.at.file_name(), b.at.line()) : ""},
                              {"node", b.node},
                              {"file", b.place.file},
                              {"line", b.place.line},
                              {"module", b.place.module},
                              {"why", b.why}});
  return made.dump(2) + "\n";
}

void report_breaks(const Certificate& certificate, const std::string& folder) {
  std::error_code failed;
  if (!certificate.breaks.empty() && !std::filesystem::create_directories(folder, failed) && failed)
    throw InputError(fmt::format("{}: the folder for reproducers cannot be made: {}; give another one with --out",
                                 folder, failed.message()));
  for (const Break& b : certificate.breaks)
    fmt::print(stderr, "\nbroken: {}  to see it again: {}\n", paragraph(b), write_reproducer(b, folder));
}

}  // namespace vitrine
