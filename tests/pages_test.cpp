// The reference pages about passes and ops: complete, true to the golden graphs, and one safe file as HTML.
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/op_table.hpp"
#include "compiler/parse.hpp"
#include "compiler/pass_page.hpp"
#include "compiler/passes.hpp"
#include "compiler/print.hpp"
#include "compiler/rule_page.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"
#include "tools/composed.hpp"
#include "tools/reference_page.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

std::string ok(const std::vector<std::string>& words) {
  const Finished run = vitrine_run(words);
  INFO(typed(words) << "\nsaid: " << run.err);
  CHECK(run.status == 0);
  return run.out;
}

/// Nothing in it runs or is fetched.
void check_offline(const std::string& page) {
  CHECK(page.starts_with("<!doctype html>\n"));
  CHECK_THAT(page, Contains("Content-Security-Policy\" content=\"default-src 'none'") &&
                       Contains("prefers-color-scheme: dark") && Contains("name=\"viewport\""));
  for (const char* never : {"<script", "<img", "<link", "http:", "https:", "src=", "url(", "@import", "onload"})
    CHECK_THAT(page, !Contains(never));
}

}  // namespace

TEST_CASE("every pass has a page whose example is a golden graph on which the pass fires") {
  for (const Pass& pass : every_pass) {
    CAPTURE(pass.name);
    const PassPage* page = page_of(pass.name);
    REQUIRE(page);
    for (const std::string_view sentence : {page->statement, std::string_view(page->legality)}) {
      CHECK(sentence.size() > 20);
      CHECK(sentence.ends_with('.'));
    }
    Graph graph = parse(page->example);
    CHECK_FALSE(optimize(graph, std::array{pass}).rewrites.empty());
    bool golden = false;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(VITRINE_SOURCE) / "tests/golden" / pass.name))
      golden = golden || content_of(entry.path()).find(std::string(page->example) + "=>\n") != std::string::npos;
    CHECK(golden);
  }
}

TEST_CASE("what is said of a rule is said once: for learners, and on the page of its pass") {
  std::set<std::string_view> sentences;
  for (const std::string_view pass : {std::string_view{}, std::string_view("no such pass")})
    CHECK(rules_of(pass).size() == (pass.empty() ? 2 : 0));
  for (const Pass& pass : every_pass) {
    CAPTURE(pass.name);
    const auto rules = rules_of(pass.name);
    REQUIRE_FALSE(rules.empty());
    const std::string page = ok({"passes", std::string(pass.name)});
    for (const RulePage& rule : rules) {
      CAPTURE(rule.rule);
      CHECK(rule_page(rule.rule) == &rule);
      CHECK(rule.statement.ends_with('.'));
      CHECK_FALSE(rule.legal_if.empty());
      CHECK_THAT(page, Contains(std::string(rule.statement)) && Contains(std::string(rule.legal_if.substr(1)) + "."));
    }
    if (rules.size() == 1) CHECK(page_of(pass.name)->statement.data() == rules[0].statement.data());
    CHECK(sentences.insert(page_of(pass.name)->statement).second);
  }
  // What fires on a pass's own example is one of its rules.
  for (const Pass& pass : every_pass) {
    Graph graph = parse(page_of(pass.name)->example);
    for (const Rewrite& rewrite : optimize(graph, std::array{pass}).rewrites)
      CHECK(std::ranges::find(rules_of(pass.name), rewrite.rule, &RulePage::rule) != rules_of(pass.name).end());
  }
}

TEST_CASE("passes NAME is a page with statement, equation, legality, contract and an example run live") {
  const std::string page = ok({"passes", "fold_transposes"});
  CHECK(page.starts_with("fold_transposes (exact: the same bits)\n"));
  CHECK_THAT(page, Contains("equation: ") && Contains("legality: ") && Contains("\n=>\ngraph ") &&
                       Contains("{transpose_left = true, transpose_right = true}") && Contains("compiler/passes/"));
  const Scratch scratch;
  const std::string json = (scratch / "p.json").string();
  ok({"passes", "training", "--json", json});
  const auto rows = nlohmann::json::parse(content_of(json));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0]["before"] != rows[0]["after"]);
  CHECK_THAT(sentence_of({"passes", "fold_transpose"}, 2), Contains("did you mean 'fold_transposes'?"));
  CHECK_THAT(sentence_of({"passes", "--format", "htm"}, 2), Contains("did you mean 'html'?"));
}

TEST_CASE("passes and ops as HTML are one offline file each, with everything in it, the same bytes each time") {
  const Scratch scratch;
  const std::string file = (scratch / "passes.html").string();
  CHECK(ok({"passes", "--format", "html", "-o", file}).empty());
  const std::string passes = content_of(file), ops = ok({"ops", "--format", "html"});
  check_offline(passes);
  check_offline(ops);
  for (const Pass& pass : every_pass) CHECK_THAT(passes, Contains("<section id=\"" + std::string(pass.name) + "\">"));
  for (const OpInfo* op : every_op()) CHECK_THAT(ops, Contains("<section id=\"" + std::string(op->doc.name) + "\">"));
  for (const Composed& made : composed_functions())
    CHECK_THAT(ops, Contains("<section id=\"" + std::string(made.name) + "\">"));
  CHECK(ok({"passes", "--format", "html"}) == passes);
  CHECK(ok({"ops", "--format", "html"}) == ops);
  CHECK_THAT(ok({"ops", "relu", "--format", "html"}), Contains("id=\"relu\"") && !Contains("id=\"gelu\""));
}

TEST_CASE("whatever a text holds, a reference page shows it and runs none of it") {
  const std::string hostile = "</pre></section><script>alert(1)</script> \" onload='x' & \x1b[2J";
  const std::string page = reference_page(hostile, hostile,
                                          {{.name = hostile,
                                            .badge = hostile,
                                            .colour = hostile,
                                            .lead = hostile,
                                            .parts = {{hostile, hostile + "\n" + hostile, true}}}});
  CHECK_THAT(page, !Contains("<script") && Contains("&lt;script&gt;") && !Contains("\x1b"));
  CHECK(std::ranges::count(page, '<') == std::ranges::count(page, '>'));
}
