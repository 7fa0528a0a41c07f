// The pictures that are committed are those that their commands make: README's gallery, and what lies in tools/gallery.
#include <set>
#include <sstream>

#include "runtime/gemm.hpp"
#include "tests/run_program.hpp"
#include "tests/scratch.hpp"
#include "tests/xml_texts.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const std::filesystem::path source = VITRINE_SOURCE;

/// A picture of README's gallery: its file, what a reader without eyes is told, and the words of its command.
struct Shown {
  std::string file, alt;
  std::vector<std::string> words;
};

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto at = text.find(before);
  if (at == text.npos) return "";
  const auto begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

std::vector<Shown> gallery() {
  const std::string readme = content_of(source / "README.md"), section = between(readme, "## Gallery\n", "\n## ");
  std::vector<Shown> made;
  for (auto at = section.find("<img "); at != section.npos; at = section.find("<img ", at + 1)) {
    const std::string cell = section.substr(at, section.find(" |", at) - at);
    std::istringstream command(between(cell, "`build/vitrine ", "`"));
    Shown shown{between(cell, "src=\"", "\""), between(cell, "alt=\"", "\""), {}};
    for (std::string word; command >> word;) shown.words.push_back(word);
    made.push_back(shown);
  }
  return made;
}

#ifdef __clang__
constexpr bool built_by_gcc = false;
#else
constexpr bool built_by_gcc = true;
#endif

bool is_of_gallery(const Shown& shown) { return shown.file.starts_with("tools/gallery/"); }

}  // namespace

TEST_CASE("README's gallery shows pictures that are there, small, well-formed and described, each with its command") {
  std::size_t bytes = 0;
  std::set<std::string> files;
  for (const Shown& shown : gallery()) {
    CAPTURE(shown.file);
    REQUIRE(std::filesystem::exists(source / shown.file));
    const std::string picture = content_of(source / shown.file);
    CHECK_NOTHROW(read_xml(picture).get_child("svg"));
    CHECK(picture.size() < 200 * 1024);
    CHECK(shown.alt.size() > 20);
    bytes += picture.size();
    files.insert(shown.file);
    REQUIRE(shown.words.size() >= 2);
    const std::string folder = between(shown.file, "milestones/", "/");
    if (is_of_gallery(shown))
      CHECK(shown.words.back() == between(shown.file, "tools/gallery/", "\n"));
    else  // a milestone's page shows it too, and its run draws it: milestone_pages_test.cpp
      CHECK(shown.words == std::vector<std::string>{"run", folder.substr(folder.find('_') + 1)});
  }
  CHECK(files.size() >= 8);
  CHECK(bytes < 500 * 1024);
  for (const auto& file : std::filesystem::directory_iterator(source / "tools/gallery"))
    CHECK(files.contains("tools/gallery/" + file.path().filename().string()));
}

TEST_CASE("the pictures in tools/gallery are what their commands make now") {
  const Scratch scratch;
  std::size_t compared = 0;
  for (Shown shown : gallery()) {
    if (!is_of_gallery(shown)) continue;
    const std::string made = (scratch / shown.words.back()).string();
    shown.words.back() = made;
    const Finished run = vitrine_run(shown.words);
    CAPTURE(shown.file, run.err);
    REQUIRE(run.status == (shown.words[0] == "diff" ? 1 : 0));
    const std::string before = content_of(source / shown.file), now = content_of(made);
    ++compared;
    if (std::ranges::find(shown.words, "memory") == shown.words.end()) {
      // Where things stand is Graphviz's business, and differs from version to version; what they say is ours.
      // A node's number is the C++ compiler's business: it chooses which operand of an expression is made first.
      const auto words = [](const std::string& svg) {
        std::multiset<std::string> all;
        for (const std::string& text : texts(read_xml(svg), "text"))
          all.insert(text.substr(0, text.find_last_not_of("0123456789") + 1).ends_with("%") ? "%" : text);
        return all;
      };
      CHECK(words(before) == words(now));
    } else if (best_isa() == Isa::avx512 && built_by_gcc) {
      CHECK((before == now));
    } else {
      WARN("not compared: " + shown.file + " shows g++'s numbers of nodes, and the kernels' rooms with AVX-512");
    }
  }
  CHECK(compared >= 4);
}
