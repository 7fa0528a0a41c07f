// The README is a promise: its program compiles and runs, and every command line that it shows is one that is accepted.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const std::filesystem::path source = VITRINE_SOURCE;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// The words of a line that begin with `prefix` and go on with letters, '-', '_' or '.'; those behind `after` only.
std::set<std::string> words_after(const std::string& line, const std::string& after, const std::string& prefix = "") {
  std::set<std::string> words;
  for (auto at = line.find(after + prefix); at != line.npos; at = line.find(after + prefix, at + 1)) {
    const std::size_t begin = at + after.size();
    std::size_t end = begin;
    while (end < line.size() && (std::isalnum(static_cast<unsigned char>(line[end])) ||
                                 std::string("-_.").find(line[end]) != std::string::npos))
      ++end;
    if (end > begin + prefix.size()) words.insert(line.substr(begin, end - begin));
  }
  return words;
}

std::string help_of(const std::string& command) {
  const Finished help = vitrine_run({command, "--help"});
  INFO("vitrine " << command);
  CHECK(help.status == 0);
  return help.out;
}

/// Every `build/vitrine COMMAND` of a text is a command, and every flag on its line one of that command's. Hands out
/// how many lines it looked at.
int check_command_lines(const std::filesystem::path& file) {
  int seen = 0;
  for (const std::string& line : lines_of(content_of(file))) {
    std::string helps;
    for (const char* program : {"build/vitrine ", "./mine "})
      for (const std::string& command : words_after(line, program)) helps += help_of(command);
    if (helps.empty()) continue;
    ++seen;
    CAPTURE(file.string(), line);
    for (const std::string& flag : words_after(line, "", "--"))
      CHECK_THAT(helps, Contains(flag + " ") || Contains(flag + "\n"));
    for (const char* place : {"--after ", "--before "})
      for (const std::string& pass : words_after(line, place))
        CHECK(vitrine_run({"show", "xor", "--after", pass}).status == 0);
  }
  return seen;
}

}  // namespace

TEST_CASE("README's first program has at most 25 lines") {
  const std::string readme = content_of(source / "README.md");
  const auto begin = readme.find("```cpp\n"), end = readme.find("```", begin + 3);
  REQUIRE(begin != readme.npos);
  REQUIRE(end != readme.npos);
  const std::string block = readme.substr(begin + 7, end - begin - 7);
  CHECK(lines_of(block).size() <= 25);
  CHECK(content_of(VITRINE_README_SOURCE) == block);
}

TEST_CASE("README's first program has the whole command line for its own model") {
  const Scratch scratch;
  const auto mine = [](std::vector<std::string> words) {
    return run_program(VITRINE_README_PROGRAM, std::move(words));
  };
  const Finished list = mine({"list"});
  CHECK(list.status == 0);
  CHECK_THAT(list.out, Contains("\nmine "));
  const Finished shown = mine({"show", "mine"});
  CHECK(shown.status == 0);
  CHECK_THAT(shown.out, Contains("graph \"mine training step\" {") && Contains("gelu("));
  const Finished svg = mine({"show", "mine", "--format", "svg"});
  CHECK_THAT(svg.out, Contains("</svg>"));
  const Finished run = mine({"run", "mine", "--quick", "--out", scratch.folder().string()});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK_THAT(run.out, Contains("gates hold") && Contains("readme_program show mine"));
  CHECK(std::filesystem::exists(scratch / "compiled.svg"));
}

TEST_CASE("README's comparison with PyTorch has at most ten lines, runs as it stands, and can fail") {
  const std::string readme = content_of(source / "README.md");
  const auto block = [&](const std::string& language, const std::string& first) {
    const std::string fence = "```" + language + "\n";
    const auto begin = readme.find(fence + first);
    REQUIRE(begin != readme.npos);
    const auto from = begin + fence.size();
    return readme.substr(from, readme.find("```", from) - from);
  };
  const std::string graph = block("", "graph layer {"), program = block("python", "import");
  CHECK(lines_of(program).size() <= 10);
  if (run_program("/usr/bin/python3", {"-c", "import torch"}).status != 0) {
    WARN("skipped: /usr/bin/python3 has no torch (Debian's python3-torch), so README's comparison was not run");
    return;
  }
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "build");
  std::filesystem::create_symlink(VITRINE_PROGRAM, scratch / "build/vitrine");
  put(scratch / "check.py", program);
  // By how much each result differs, as the last word of a line that begins with its name.
  const auto differences = [&](const std::string& text) {
    put(scratch / "layer.vit", text);
    const Finished run =
        run_program("/bin/sh", {"-c", "cd '" + scratch.folder().string() + "' && /usr/bin/python3 check.py"});
    INFO(run.out << run.err);
    CHECK(run.status == 0);
    std::vector<double> found;
    for (const std::string& line : lines_of(run.out))
      if (line.find(" : ") == line.npos) found.push_back(std::stod(line.substr(line.rfind(' '))));
    CHECK(found.size() == 3);
    return found;
  };
  for (const double difference : differences(graph)) CHECK(difference < 2e-6);
  std::string other = graph;
  other.replace(other.find("gelu("), 5, "relu(");
  for (const double difference : differences(other)) CHECK(difference > 1e-3);
}

TEST_CASE("every command line in the README and the milestones' pages is one that the program accepts") {
  CHECK(check_command_lines(source / "README.md") >= 8);
  for (const auto& page : std::filesystem::recursive_directory_iterator(source / "milestones"))
    if (page.path().filename() == "README.md") CHECK(check_command_lines(page.path()) >= 1);
}

TEST_CASE("every part that a milestone's page leaves out is one that can be left out") {
  const Scratch scratch;
  REQUIRE(vitrine_run({"list", "--json", (scratch / "list.json").string()}).status == 0);
  for (const auto& project : nlohmann::json::parse(content_of(scratch / "list.json"))) {
    const std::string name = project["name"];
    std::vector<std::string> parts = project["parts"];
    const std::vector<std::string> elsewhere = project["parts_elsewhere"];
    parts.insert(parts.end(), elsewhere.begin(), elsewhere.end());
    int seen = 0;
    for (const auto& folder : std::filesystem::directory_iterator(source / "milestones")) {
      if (!folder.path().filename().string().ends_with("_" + name)) continue;
      for (const std::string& part : words_after(content_of(folder.path() / "README.md"), "--without ")) {
        CAPTURE(name, part);
        CHECK(std::ranges::find(parts, part) != parts.end());
        ++seen;
      }
    }
    CHECK(seen >= 3);
  }
}
