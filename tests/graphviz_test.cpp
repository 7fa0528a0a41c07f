#include "tools/graphviz.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/scratch.hpp"
#include "tools/child_process.hpp"

using namespace vitrine;
using namespace std::chrono_literals;

namespace {

/// PATH, until the test is over.
class Path {
 public:
  explicit Path(const std::string& folders) : before_(std::getenv("PATH")) { ::setenv("PATH", folders.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;
  ~Path() { ::setenv("PATH", before_.c_str(), 1); }

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("a graph becomes an SVG or a PNG") {
  CHECK(render("digraph g { a -> b; }", "svg").find("</svg>") != std::string::npos);
  CHECK(render("digraph g { a -> b; }", "png").starts_with("\x89PNG\r\n"));
  CHECK_THROWS_AS(render("digraph g {}", "jpg; rm x"), UsageError);
}

TEST_CASE("without dot one sentence names the package and what works without it") {
  const Scratch empty;
  const Path path(empty.folder().string());
  const std::string said = input_error_of([] { render("digraph g {}", "svg"); });
  CHECK(said.find("Debian package graphviz") != std::string::npos);
  CHECK(said.find("--format dot") != std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
}

TEST_CASE("when dot fails, its first line is told in one sentence") {
  const std::string said = input_error_of([] { render("digraph g { a -> ", "svg"); });
  CHECK(said.find("syntax error") != std::string::npos);
  CHECK(said.find('\n') == std::string::npos);
}

TEST_CASE("a child's pipes are served together, however much goes through them") {
  const std::string much(8 << 20, 'x');
  const Finished copied = run_child({"cat"}, much, 60s);
  CHECK(copied.status == 0);
  CHECK(copied.out == much);
  const Finished deaf = run_child({"true"}, much, 60s);  // it never reads: no SIGPIPE may end us
  CHECK(deaf.status == 0);
  const Finished loud = run_child({"sh", "-c", "cat >&2; exit 3"}, much, 60s);
  CHECK(loud.status == 3);
  CHECK(loud.err == much);
}

TEST_CASE("a child that takes too long is ended") {
  CHECK(run_child({"sleep", "1000"}, "", 50ms).how == Finished::How::out_of_time);
  CHECK(run_child({"no such program"}, "", 50ms).how == Finished::How::not_found);
  CHECK(run_child({"sh", "-c", "kill -9 $$"}, "", 60s).status == 128 + 9);
}
