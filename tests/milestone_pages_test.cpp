// Every milestone has a page: it names the year, the command and every part to break, and its pictures are there.
#include <nlohmann/json.hpp>
#include <set>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const std::filesystem::path milestones = std::filesystem::path(VITRINE_SOURCE) / "milestones";

nlohmann::json projects() {
  const Scratch scratch;
  const std::string list = (scratch / "list.json").string();
  REQUIRE(vitrine_run({"list", "--json", list}).status == 0);
  return nlohmann::json::parse(content_of(list));
}

/// milestones/<number>_<name>; empty if there is none.
std::filesystem::path folder_of(const std::string& name) {
  for (const auto& entry : std::filesystem::directory_iterator(milestones)) {
    const std::string folder = entry.path().filename().string();
    if (entry.is_directory() && folder.substr(folder.find('_') + 1) == name) return entry.path();
  }
  return {};
}

/// What stands between `before` and the next `after`, wherever `before` stands.
std::set<std::string> between(const std::string& text, const std::string& before, const std::string& after) {
  std::set<std::string> found;
  for (auto at = text.find(before); at != text.npos; at = text.find(before, at + 1)) {
    const auto begin = at + before.size(), end = text.find(after, begin);
    found.insert(text.substr(begin, end - begin));
  }
  return found;
}

}  // namespace

TEST_CASE("every milestone has a page with its year and its command, and both tables name it") {
  const std::string main_table = content_of(milestones.parent_path() / "README.md"),
                    table = content_of(milestones / "README.md");
  for (const auto& project : projects()) {
    const std::string name = project["name"], year = project["year"];
    CAPTURE(name);
    const auto folder = folder_of(name);
    REQUIRE_FALSE(folder.empty());
    const std::string page = content_of(folder / "README.md"), link = folder.filename().string() + "/README.md) | ";
    CHECK_THAT(page.substr(0, page.find('\n')), Contains("(" + year + ")"));
    CHECK_THAT(page, Contains("    build/vitrine run " + name + "\n"));
    CHECK_THAT(table, Contains("(" + link + year));
    CHECK_THAT(main_table, Contains("(milestones/" + link + year));
  }
}

TEST_CASE("a milestone's page names every part that can be left out, or the module it belongs to, and no other") {
  for (const auto& project : projects()) {
    const std::string name = project["name"];
    CAPTURE(name);
    std::set<std::string> parts = project["parts"];
    const std::set<std::string> elsewhere = project["parts_elsewhere"];
    parts.insert(elsewhere.begin(), elsewhere.end());
    const auto named = between(content_of(folder_of(name) / "README.md"), "`--without ", "`");
    for (const std::string& part : parts) {
      CAPTURE(part);
      CHECK((named.contains(part) || named.contains(part.substr(0, part.rfind('.')))));
    }
    for (const std::string& part : named) {
      CAPTURE(part);
      CHECK(parts.contains(part));
    }
  }
}

TEST_CASE("the pictures on a milestone's page are there, small and well-formed, and no other lies beside them") {
  for (const auto& project : projects()) {
    const std::string name = project["name"];
    const auto folder = folder_of(name);
    const auto shown = between(content_of(folder / "README.md"), "](", ")");
    CAPTURE(name);
    CHECK(shown.size() >= 2);
    for (const std::string& picture : shown) {
      CAPTURE(picture);
      CHECK(picture.starts_with("pictures/"));
      REQUIRE(std::filesystem::exists(folder / picture));
      CHECK(std::filesystem::file_size(folder / picture) < 200 * 1024);
      if (picture.ends_with(".svg")) CHECK_NOTHROW(read_xml(content_of(folder / picture)).get_child("svg"));
    }
    for (const auto& file : std::filesystem::directory_iterator(folder / "pictures"))
      CHECK(shown.contains("pictures/" + file.path().filename().string()));
  }
}

TEST_CASE("a milestone draws every picture that its page shows") {
  for (const auto& project : projects()) {
    const Scratch scratch;
    const std::string name = project["name"];
    if (name == "stories") continue;  // its file is not everybody's: stories_test.sh
    const Finished run = vitrine_run({"run", name, "--quick", "--out", scratch.folder().string()});
    CAPTURE(name, run.err);
    CHECK(run.status == 0);
    for (const std::string& picture : between(content_of(folder_of(name) / "README.md"), "](pictures/", ")"))
      if (picture != "quantized.svg")  // `quantize --picture` draws it: quantize_test.cpp
        CHECK(std::filesystem::exists(scratch / picture));
  }
}
