// compiler/NUMERICS.md as a page: each sentence names its test.
#include <catch2/catch.hpp>
#include <set>

#include "tests/scratch.hpp"

using namespace vitrine;

TEST_CASE("every sentence of NUMERICS.md names a test that there is, and every numerics test is named") {
  const std::filesystem::path source = VITRINE_SOURCE;
  std::string tests;
  for (const auto& file : std::filesystem::directory_iterator(source / "tests"))
    if (file.path().filename().string().ends_with("_test.cpp")) tests += content_of(file.path());
  // A long name stands on a line of its own behind the bracket.
  std::set<std::string> there;
  for (auto at = tests.find("\nTEST_CASE("); at != tests.npos; at = tests.find("\nTEST_CASE(", at + 1)) {
    const auto begin = tests.find('"', at) + 1;
    there.insert(tests.substr(begin, tests.find('"', begin) - begin));
  }
  const std::string page = content_of(source / "compiler/NUMERICS.md");
  std::set<std::string> named;
  std::size_t sentences = 0;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = std::min(page.find('\n', at), page.size());
    const std::string line = page.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("- ")) continue;
    ++sentences;
    CAPTURE(line);
    const auto test = line.rfind(" (test: ");
    REQUIRE(test != line.npos);
    REQUIRE(line.ends_with(")"));
    const std::string name = line.substr(test + 8, line.size() - test - 9);
    CHECK(there.contains(name));
    CHECK(line.substr(0, test - 1).find(". ") == line.npos);  // one sentence, one test
    named.insert(name);
  }
  CHECK(sentences >= 40);
  for (const std::string& test : there) {
    CAPTURE(test);
    if (test.starts_with("numerics: ")) CHECK(named.contains(test));
  }
}
