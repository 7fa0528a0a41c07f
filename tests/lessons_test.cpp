// The lessons are promises: each program is short, its picture is what the page's command makes, and what the page says
// of its fault is what Vitrine says. (Faults that do not compile: lessons.cmake.)
#include <set>

#include "tests/run_program.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

const std::filesystem::path lessons = std::filesystem::path(VITRINE_SOURCE) / "milestones/lessons";

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const auto begin = text.find(before);
  if (begin == text.npos) return "";
  const auto from = begin + before.size();
  return text.substr(from, text.find(after, from) - from);
}

struct Page {
  std::string name, idea, program, show, fault;  // in the order of the page: `show` goes to where the fault begins
};
std::vector<Page> pages() {
  std::vector<Page> made;
  for (const auto& entry : std::filesystem::directory_iterator(lessons)) {
    const std::string text = content_of(entry.path());
    const auto fault = text.find("**Plant a fault.**");
    REQUIRE(fault != text.npos);
    const auto program = text.find("```cpp\n"), end = text.find("```\n", program + 4);
    made.push_back({entry.path().filename().string(), text.substr(0, program), between(text, "```cpp\n", "```"),
                    text.substr(end, fault - end), text.substr(fault)});
  }
  std::ranges::sort(made, {}, &Page::name);
  return made;
}

/// Runs a line "build/lesson 3 show ..." in a folder, with another program in the place of build/lesson.
Finished in_folder(const Scratch& scratch, const std::string& program, const std::string& line) {
  const std::string words = line.substr(std::string("build/lesson").size());
  return run_program("/bin/sh", {"-c", "cd '" + scratch.folder().string() + "' && '" + program + "'" + words});
}

}  // namespace

TEST_CASE("there are thirteen lessons, and the milestones' page links them in order") {
  const std::string table = content_of(lessons.parent_path() / "README.md");
  std::size_t at = 0;
  int number = 0;
  for (const Page& page : pages()) {
    CAPTURE(page.name);
    CHECK(std::stoi(page.name) == ++number);
    const std::size_t found = table.find("(lessons/" + page.name + ")");
    REQUIRE(found != table.npos);
    CHECK(found > at);
    at = found;
  }
  CHECK(number == 13);
}

TEST_CASE("a lesson's program has at most 15 lines, none too long to read, and no two have a struct of one name") {
  std::set<std::string> names;
  for (const Page& page : pages()) {
    CAPTURE(page.name);
    CHECK(std::ranges::count(page.program, '\n') <= 15);
    CHECK(std::ranges::count(page.program, '\n') >= 5);
    for (std::size_t at = 0; at < page.program.size();) {
      const std::size_t end = page.program.find('\n', at);
      CHECK(end - at <= 140);
      at = end + 1;
    }
    const std::string name = between(page.program, "struct ", " {");
    if (!name.empty()) CHECK(names.insert(name).second);
  }
}

TEST_CASE("every lesson's picture is made by the command on its page, and by its own program") {
  for (const Page& page : pages()) {
    CAPTURE(page.name);
    const Scratch scratch;
    int commands = 0;
    for (std::size_t at = 0; (at = page.show.find("\n    build/lesson ", at)) != page.show.npos; ++at, ++commands) {
      const std::string line = page.show.substr(at + 5, page.show.find('\n', at + 1) - at - 5);
      CHECK(std::stoi(line.substr(std::string("build/lesson").size())) == std::stoi(page.name));
      const Finished run = in_folder(scratch, VITRINE_LESSON, line);
      INFO(line << "\n" << run.out << run.err);
      CHECK(run.status == 0);
      CHECK_THAT(run.err, !Contains("lint"));
    }
    CHECK(commands >= 1);
    int pictures = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.folder())) {
      if (page.show.find(entry.path().filename().string()) == page.show.npos || entry.is_directory()) continue;
      CHECK_THAT(content_of(entry.path()), Contains("<svg") && Contains("</svg>"));
      ++pictures;
    }
    CHECK(pictures == 1);
  }
}

TEST_CASE("every other command on a lesson's page is one that its program or vitrine accepts") {
  for (const Page& page : pages())
    for (const std::string& text : {page.idea, page.show, page.fault})
      for (std::size_t at = 0; (at = text.find("`build/", at)) != text.npos; ++at) {
        std::string line = text.substr(at + 1, text.find('`', at + 1) - at - 1);
        CAPTURE(page.name, line);
        const bool own = line.starts_with("build/lesson ");
        if (line.ends_with(" profile production")) line += " --repeats 1";  // it keeps what it measures of the machine
        const Scratch scratch;
        const std::string program = own ? VITRINE_LESSON : VITRINE_PROGRAM;
        const Finished run = run_program(
            "/bin/sh", {"-c", "cd '" + scratch.folder().string() + "' && XDG_CACHE_HOME=. '" + program + "'" +
                                  line.substr(std::string(own ? "build/lesson" : "build/vitrine").size())});
        INFO(run.out << run.err);
        CHECK(run.status == 0);
      }
}

TEST_CASE("with its fault planted a lesson's program says what the page says, with exit code 1 or 3") {
  int ran = 0;
  for (const Page& page : pages()) {
    const std::string command = between(page.fault, "`build/lesson ", "`");
    if (command.empty()) continue;  // it does not compile
    CAPTURE(page.name, command);
    const std::string sentence = between(page.fault, "\n    ", "\n");
    REQUIRE(sentence.size() > 20);
    const Scratch scratch;
    const Finished run = in_folder(scratch, VITRINE_LESSON_WITH_FAULT, "build/lesson " + command);
    INFO(run.out << run.err);
    CHECK((run.status == 1 || run.status == 3));
    CHECK_THAT("\n" + run.out + run.err, Contains(sentence + "\n"));
    CHECK_THAT(in_folder(scratch, VITRINE_LESSON, "build/lesson " + command).err, !Contains(sentence));
    ++ran;
  }
  CHECK(ran == 8);
}

TEST_CASE("every command that traces a model says on standard error what lint finds in it, and then does its work") {
  const Scratch scratch;
  const auto said_by = [&](const std::string& words) {
    return in_folder(scratch, VITRINE_LESSON_WITH_FAULT, "build/lesson " + words);
  };
  const std::string looks = "vitrine: lint not_causal: attention (%23) at 11_attention.md:15 in look: ";
  const Finished show = said_by("11 show attention --step forward");
  CHECK(show.status == 0);
  CHECK(show.err.starts_with(looks));
  CHECK(std::ranges::count(show.err, '\n') == 1);
  CHECK(show.out.starts_with("graph attention {"));
  const Finished certify = said_by("13 certify production --step forward");
  CHECK(certify.status == 0);
  CHECK(certify.err.starts_with("vitrine: lint dropout_in_use: dropout (%12)"));
  // There is nothing to train on and nothing to write with: that is said behind it.
  const Finished run = said_by("11 run attention --data none.txt");
  CHECK(run.status == 3);
  CHECK(run.err.starts_with(looks));
  const Finished generate = said_by("11 generate attention --prompt To --load none.safetensors");
  CHECK(generate.status == 3);
  CHECK(generate.err.starts_with(looks));
}
