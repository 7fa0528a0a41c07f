// `vitrine report`: what the page says is what the compiler did, and nothing in a name can make it do anything else.
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "compiler/rule_page.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tools/report/page.hpp"
#include "tools/report/sha256.hpp"

using namespace vitrine;
using Catch::Contains;
using Words = std::vector<std::string>;

namespace {

std::string page_of(const Words& words, std::string_view input = {}) {
  Words all{"report"};
  all.insert(all.end(), words.begin(), words.end());
  const Finished run = vitrine_run(all, input);
  INFO(typed(all) << "\nsaid: " << run.err);
  REQUIRE(run.status == 0);
  return run.out;
}

std::string between(const std::string& page, const std::string& begin, const std::string& end) {
  const std::size_t at = page.find(begin);
  REQUIRE(at != page.npos);
  const std::size_t from = at + begin.size(), to = page.find(end, from);
  REQUIRE(to != page.npos);
  return page.substr(from, to - from);
}
nlohmann::json data_of(const std::string& page) {
  return nlohmann::json::parse(between(page, "<script id=\"data\" type=\"application/json\">", "</script>"));
}
std::size_t times(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
  return count;
}

const std::string hostile = R"(graph "</script><script>alert(1)</script>" {
  input %"<!-- x </script><img src=x onerror=alert(2)>" : f32[batch 2, in 3]
  state %"__proto__" : f32[in 3, out 4] = normal(0.5)
  state %"{{data}} {{script}}" : f32[in 3, out 4] = normal(0.5)
  %3 = matmul(%"<!-- x </script><img src=x onerror=alert(2)>", %__proto__) : f32[batch 2, out 4] #1
  %4 = matmul(%"<!-- x </script><img src=x onerror=alert(2)>", %"{{data}} {{script}}") : f32[batch 2, out 4] #1
  %5 = add(%3, %4) : f32[batch 2, out 4]
  %6 = neg(%5) : f32[batch 2, out 4]
  %7 = neg(%6) : f32[batch 2, out 4]
  output "</title>)"
                            "\xe2\x80\xa8"
                            R"(" = %7
  place #1 = "<b>model.cpp":12 in "</style><svg onload=alert(3)>"
}
)";

}  // namespace

TEST_CASE("a report of one input is the same bytes each time, to a file or to standard output") {
  const Scratch scratch;
  const std::string file = (scratch / "report.html").string();
  const std::string first = page_of({"gpt"});
  CHECK(page_of({"gpt"}) == first);
  CHECK_THAT(page_of({"gpt", "-o", file}), Contains("written: " + file));
  CHECK(content_of(file) == first);
}

TEST_CASE("the report of a GPT's training step has at most 3 MB and names no address to load from") {
  const std::string page = page_of({"gpt"});
  CHECK(page.size() < 3'000'000);
  CHECK(times(page, "http") == times(page, "http-equiv") + times(page, "http://www.w3.org/2000/svg"));
  for (const char* loads : {"src=", "href=", "@import", "url(http", "fetch(", "XMLHttpRequest", "WebSocket", "import("})
    CHECK_THAT(page, !Contains(loads));
}

TEST_CASE("the page's policy allows our own script and style, by their hashes, and nothing else") {
  CHECK(sha256_base64("abc") == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
  CHECK(sha256_base64("") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  const std::string page = page_of({"xor"});
  const std::string policy = between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
  CHECK_THAT(policy,
             Contains("default-src 'none'") &&
                 Contains("script-src 'sha256-" + sha256_base64(between(page, "<script>", "</script>")) + "'") &&
                 Contains("style-src 'sha256-" + sha256_base64(between(page, "<style>", "</style>")) + "'"));
  CHECK_THAT(policy, !Contains("unsafe"));
  // No text becomes markup: the script has no way to write any.
  for (const char* writes : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"})
    CHECK_THAT(page, !Contains(writes));
}

TEST_CASE("hostile names end no element and come back as they are") {
  const std::string plain = page_of({"xor"}), page = page_of({"-"}, hostile);
  for (const char* markup :
       {"<script", "</script", "<style", "</style", "<title", "</title", "<!--", "<svg", "<img", "<b>"}) {
    CAPTURE(markup);
    CHECK(times(page, markup) == times(plain, markup));
  }
  CHECK(times(page, "\xe2\x80\xa8") == 0);
  const auto data = data_of(page);
  CHECK(data.at("name") == "</script><script>alert(1)</script>");
  CHECK(data.at("outputs")[0][0] == "</title>\xe2\x80\xa8");
  std::string names;
  for (const auto& text : data.at("strings")) names += text.get<std::string>() + "\n";
  CHECK_THAT(names, Contains("<!-- x </script><img src=x onerror=alert(2)>") && Contains("__proto__") &&
                        Contains("{{data}} {{script}}") && Contains("</style><svg onload=alert(3)>"));
  CHECK(in_script("a<!--\xe2\x80\xa9</script>&") == "a\\u003c!--\\u2029\\u003c/script\\u003e\\u0026");
}

TEST_CASE("every rule that a milestone's report tells of has a sentence and a condition for learners") {
  std::size_t rules = 0;
  for (const char* model : {"perceptron", "xor", "mlp", "cnn", "gpt", "stories"})
    for (const char* step : {"train", "forward"}) {
      const auto data = data_of(page_of({model, "--step", step}));
      for (const char* list : {"changes", "refusals"})
        for (const auto& one : data.at(list)) {
          const auto rule = data.at("strings")[one[1].get<std::size_t>()].get<std::string>();
          CAPTURE(model, step, rule);
          CHECK(rule_page(rule) != nullptr);
          ++rules;
        }
    }
  CHECK(rules > 1000);
  CHECK(rule_page("no such rule") == nullptr);
}

TEST_CASE("a report says what every pass left: nodes, bytes, predicted time") {
  const auto data = data_of(page_of({"xor"}));
  const auto& turns = data.at("turns");
  const auto name = [&](const auto& turn) { return data.at("strings")[turn[0].template get<std::size_t>()]; };
  CHECK(name(turns[0]) == "traced");
  CHECK(name(turns.back()) == "group_elementwise");
  std::size_t told = 0;
  for (const auto& turn : turns) {
    CHECK(turn[2] == told);  // where its rewrites begin
    told += turn[3].get<std::size_t>();
    CHECK(turn[4] > 0);
    CHECK(turn[5] >= turn[6]);  // arena and lower bound
    CHECK(turn[8] > 0);
  }
  CHECK(told == data.at("changes").size());
  CHECK(turns.back()[5] == data.at("plan").at("arena"));
  CHECK(turns.back()[8] < turns[turns.size() - 2][8]);  // steps that are joined take less
}

TEST_CASE(
    "errors against the reference are there for what the program computes, small, and at sizes that the model has") {
  const auto xor_errors = data_of(page_of({"xor"})).at("errors"), mlp = data_of(page_of({"mlp"})).at("errors");
  CHECK(xor_errors.at("sizes") == "");
  CHECK(mlp.at("sizes") == "batch 2");
  CHECK(data_of(page_of({"gpt"})).at("errors").at("sizes") == "batch 2, time 5");
  for (const auto& errors : {xor_errors, mlp}) {
    CHECK(errors.at("nodes").size() > 5);
    bool some = false, stored = false, alone = false;
    for (const auto& node : errors.at("nodes")) {
      CHECK(node[2].get<double>() < 1e-5);
      some = some || node[1].get<double>() > 0;
      (node[3] == 1 ? alone : stored) = true;  // alone: its step stores it nowhere
      if (node[2] == -1) CHECK(node[1] == 0);  // of a mask: the elements that are not the same
    }
    CHECK(some);
    CHECK(stored);
    CHECK(alone);
  }
  // Every op of the program but what only looks at others.
  const auto data = data_of(page_of({"xor"}));
  std::set<std::uint32_t> told;
  for (const auto& node : data.at("errors").at("nodes")) told.insert(node[0].get<std::uint32_t>());
  for (const auto& view : data.at("errors").at("views")) told.insert(view.get<std::uint32_t>());
  for (const auto& step : data.at("plan").at("steps"))
    for (const auto& node : step[0]) CHECK(told.contains(node.get<std::uint32_t>()));
  // What would take minutes by definition is not run, and says why.
  const auto large = data_of(page_of({"-"}, R"(graph large {
  input %x : f32[1024, 1024]
  %1 = matmul(%x, %x) : f32[1024, 1024]
  output y = %1
}
)"))
                         .at("errors");
  CHECK(large.at("nodes").empty());
  CHECK_THAT(large.at("why_not").get<std::string>(), Contains("too many to run by definition"));
}

TEST_CASE("a profile of the same program brings its times, and any other file is refused in a sentence") {
  const Scratch scratch;
  const std::string out = (scratch / "out").string(), profile = (scratch / "out" / "profile.json").string();
  REQUIRE(vitrine_run({"profile", "xor", "--repeats", "1", "--threads", "1", "--out", out}).status == 0);
  const auto with = data_of(page_of({"xor", "--profile", profile}));
  const auto measured = nlohmann::json::parse(content_of(profile));
  CHECK(with.at("profile").at("steps").size() == measured.at("steps").size());
  CHECK(with.at("profile").at("levels").size() == 3);
  CHECK(data_of(page_of({"xor"})).at("profile").is_null());

  CHECK_THAT(sentence_of({"report", "mlp", "--profile", profile}, 3),
             Contains("does not belong to this report") && Contains("is none of this program's"));
  put(scratch / "bad.json", "{\"steps\": 3}");
  CHECK_THAT(sentence_of({"report", "xor", "--profile", (scratch / "bad.json").string()}, 3), Contains("it has no \""));
  put(scratch / "bad.json", "no json");
  CHECK_THAT(sentence_of({"report", "xor", "--profile", (scratch / "bad.json").string()}, 3), Contains("is no JSON"));
  std::string odd = content_of(profile);
  odd.replace(odd.find("\"id\": "), 6, "\"id\": -");
  put(scratch / "bad.json", odd);
  CHECK_THAT(sentence_of({"report", "xor", "--profile", (scratch / "bad.json").string()}, 3),
             Contains("is no node's id"));
  put(scratch / "bad.json", "[[[[");
  CHECK_THAT(sentence_of({"report", "xor", "--profile", (scratch / "bad.json").string()}, 3), Contains("is no JSON"));
  CHECK_THAT(sentence_of({"report", "xor", "--profile", (scratch / "none.json").string()}, 3),
             Contains("cannot be opened"));
}

TEST_CASE("a report against another compilation tells what diff tells") {
  const Scratch scratch;
  const std::string json = (scratch / "d.json").string();
  const auto data = data_of(page_of({"cnn", "--without-b", "pool_before_relu"}));
  const auto& against = data.at("against");
  CHECK(against.at("what")[1] == "cnn, step train, without pool_before_relu");
  REQUIRE(vitrine_run({"diff", "cnn", "--pipelines", "--without-b", "pool_before_relu", "--json", json}).status == 1);
  const auto rewrites = nlohmann::json::parse(content_of(json));
  CHECK(against.at("only_a").size() == rewrites.at("only_a").size());
  CHECK(against.at("only_b").size() == rewrites.at("only_b").size());
  CHECK(against.at("rules").size() == rewrites.at("rules").size());
  CHECK(against.at("points").size() == data.at("turns").size());

  // Of two models nothing but structure pairs the nodes, in both commands.
  REQUIRE(vitrine_run({"diff", "mlp", "cnn", "--after-a", "all", "--after-b", "all", "--json", json}).status == 1);
  const auto graphs = nlohmann::json::parse(content_of(json));
  const auto models = data_of(page_of({"mlp", "--against", "cnn"})).at("against");
  const auto& end = models.at("differences")[models.at("points").back()[1].get<std::size_t>()];
  std::array<std::size_t, 4> kinds{};
  for (const auto& node : end[2]) ++kinds.at(node[0].get<std::size_t>());
  CHECK(end[0] == graphs.at("same"));
  CHECK(kinds[0] == graphs.at("only_a").size());
  CHECK(kinds[1] == graphs.at("only_b").size());
  CHECK(kinds[2] + kinds[3] == graphs.at("changed").size());
  CHECK(end[3].size() == graphs.at("results").size());
  CHECK(data_of(page_of({"mlp"})).at("against").is_null());
}

TEST_CASE("a report against another compilation keeps what is promised of reports") {
  const Words words{"gpt", "--against", "mlp"};
  const std::string page = page_of(words);
  CHECK(page.size() < 3'000'000);
  CHECK(page_of(words) == page);
  const Scratch scratch;
  const std::string file = (scratch / "hostile.vit").string();
  put(file, hostile);
  const std::string plain = page_of({"xor"}), with = page_of({"xor", "--against", file});
  for (const char* markup : {"<script", "</script", "<style", "</style", "<title", "<!--", "<svg", "<img", "<b>"}) {
    CAPTURE(markup);
    CHECK(times(with, markup) == times(plain, markup));
  }
  CHECK_THAT(sentence_of({"report", "xor", "--without-b", "fold_transpose"}, 2),
             Contains("did you mean 'fold_transposes'?"));
  CHECK_THAT(sentence_of({"report", "xor", "--without-b", "inference"}, 2), Contains("is not run here"));
  CHECK_THAT(sentence_of({"report", "xor", "--without-b", "training", "--passes-b", "training"}, 2),
             Contains("give one of the two flags"));
  CHECK_THAT(sentence_of({"report", "xor", "--against", "xo"}, 2), Contains("did you mean 'xor'?"));
  CHECK_THAT(sentence_of({"report", "-", "--without-b", "training"}, 2), Contains("standard input can be read once"));
}

TEST_CASE("a report that cannot be written whole leaves the old file, and no half of a new one") {
  const Scratch scratch;
  const std::string file = (scratch / "report.html").string();
  put(file, "the old one");
  // A process may write files of 8 KiB at most here, as on a disk that is nearly full.
  const Finished run =
      run_program("sh", {"-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" report xor -o \"$1\"", VITRINE_PROGRAM, file});
  INFO(run.err);
  CHECK(run.status == 3);
  CHECK(run.err.starts_with("vitrine: "));
  CHECK(content_of(file) == "the old one");
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.folder()), {}) == 1);
  CHECK(sentence_of({"report", "xor", "-o", "/dev/full"}, 3).find("/dev/full") != std::string::npos);
  CHECK_THAT(sentence_of({"report", "xo"}, 2), Contains("did you mean 'xor'?"));
}
