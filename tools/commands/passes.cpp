#include "compiler/passes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/parse.hpp"
#include "compiler/pass_page.hpp"
#include "compiler/print.hpp"
#include "compiler/rule_page.hpp"
#include "tools/commands/commands.hpp"
#include "tools/reference_page.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

namespace {

std::string_view meaning_of(Contract contract) {
  switch (contract) {
    case Contract::exact: return "the same bits";
    case Contract::reorders: return "the same mathematics, other rounding";
    case Contract::lossy: return "another result, within a stated metric";
    case Contract::changes: return "another meaning, on purpose";
  }
  return "";
}

/// In which pipelines it runs, as a reader asks.
std::string runs_in(const Pass& pass) {
  const auto has = [&](std::span<const Pass> passes) {
    return std::ranges::find(passes, pass.name, &Pass::name) != passes.end();
  };
  std::string made = "for use";
  if (has(default_pipeline)) made += ", for training";
  if (has(recognition_pipeline)) made += ", before gradients are made";
  return made + (pass.when == When::at_the_end ? "; once, when the others have come to rest"
                                               : "; until none changes anything");
}

/// The page's graph before and after the pass, and the rules that fired.
struct Shown {
  std::string before{}, after{}, rules{};
};
Shown example_of(const Pass& pass) {
  const PassPage* page = page_of(pass.name);
  if (!page) return {};
  Graph graph = parse(page->example, std::string(pass.name));
  Shown made{.before = print(graph)};
  Record record = optimize(graph, std::array{pass});
  made.after = print(graph);
  record.refusals.clear();
  made.rules = print(record);
  return made;
}

/// Each rule with what it does and when it may; of a pass with one that is what is said of the pass.
std::string rules_text(const Pass& pass) {
  const std::span<const RulePage> rules = rules_of(pass.name);
  std::string made;
  if (rules.size() > 1)
    for (const RulePage& rule : rules)
      made += fmt::format("{}\n  {} Legal if {}.\n", rule.rule, rule.statement, rule.legal_if);
  return made;
}

std::string text(const Pass& pass) {
  const PassPage* page = page_of(pass.name);
  std::string made = fmt::format("{} ({}: {})\n", pass.name, name_of(pass.contract), meaning_of(pass.contract));
  if (page) made += fmt::format("  {}\n", page->statement);
  made += fmt::format("  equation: {}\n", pass.equation);
  if (page) made += fmt::format("  legality: {}\n", page->legality);
  made += fmt::format("  runs: {}\n", runs_in(pass));
  if (const std::string rules = rules_text(pass); !rules.empty()) made += "\nits rules\n" + rules;
  const Shown example = example_of(pass);
  if (example.before.empty()) return made;
  return made +
         fmt::format("\nan example\n{}=>\n{}\nby these rewrites\n{}", example.before, example.after, example.rules);
}

std::string list_of(std::span<const Pass> passes) {
  std::string made, before;
  for (const Pass& pass : passes)
    made += fmt::format("{:<24} {:<9} {}\n", pass.name, name_of(pass.contract), pass.equation);
  for (const Pass& pass : recognition_pipeline) before += fmt::format("{}{}", before.empty() ? "" : ", ", pass.name);
  return made +
         fmt::format(
             "\nA compilation for use runs them in this order until none changes anything. One for training runs\n"
             "{}\n"
             "over the forward graph, differentiates it, and runs those from {} on. Grouping runs last.\n"
             "exact: the same bits. reorders: the same mathematics, other rounding. lossy: within a stated metric.\n"
             "changes: another meaning, on purpose. 'vitrine passes NAME' is a page about one.\n",
             before, default_pipeline.front().name);
}

std::string page_of_all(std::span<const Pass> passes) {
  std::vector<ReferenceEntry> entries;
  for (const Pass& pass : passes) {
    const PassPage* page = page_of(pass.name);
    const Shown example = example_of(pass);
    entries.push_back({.name = std::string(pass.name),
                       .badge = std::string(name_of(pass.contract)),
                       .lead = page ? std::string(page->statement) : "",
                       .parts = {{"equation", std::string(pass.equation), true},
                                 {"legality", page ? std::string(page->legality) : ""},
                                 {"contract", std::string(meaning_of(pass.contract))},
                                 {"runs", runs_in(pass)},
                                 {"its rules", rules_text(pass), true},
                                 {"example, before", example.before, true},
                                 {"example, after", example.after, true},
                                 {"by these rewrites", example.rules, true}}});
  }
  return reference_page(
      "Vitrine: the passes",
      "Each pass with what it promises, when it may, and a graph that it was run on to make this page.", entries);
}

}  // namespace

int list_passes(const PagesOptions& options) {
  std::vector<Pass> passes(every_pass.begin(), every_pass.end());
  if (!options.name.empty()) passes = {passes_named(options.name).at(0)};
  write_text(options.output, options.format == "html" ? page_of_all(passes)
                             : options.name.empty()   ? list_of(passes)
                                                      : text(passes[0]));
  if (options.json.empty()) return 0;
  nlohmann::json rows = nlohmann::json::array();
  for (const Pass& pass : passes) {
    const PassPage* page = page_of(pass.name);
    rows.push_back({{"name", pass.name},
                    {"contract", name_of(pass.contract)},
                    {"equation", pass.equation},
                    {"statement", page ? page->statement : ""},
                    {"legality", page ? page->legality : ""}});
    rows.back()["rules"] = nlohmann::json::array();
    for (const RulePage& rule : rules_of(pass.name))
      rows.back()["rules"].push_back({{"rule", rule.rule}, {"statement", rule.statement}, {"legal_if", rule.legal_if}});
    if (options.name.empty()) continue;
    const Shown example = example_of(pass);
    rows.back()["before"] = example.before;
    rows.back()["after"] = example.after;
  }
  write_text(options.json, rows.dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
