#include "tools/graph_check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>

#include "compiler/print.hpp"
#include "runtime/in_quotes.hpp"
#include "runtime/write_file.hpp"
#include "tools/child_process.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// The longest that poll(2) can wait is 24 days: who judges graphs by hand has a week for each.
constexpr std::chrono::hours longest{24 * 7};

/// As one word of the shell. A path of plain letters stays as it is, so that "{}" in the user's own quotes works too.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("/._-+", c); };
  if (std::ranges::all_of(text, plain)) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  const auto among = std::filesystem::temp_directory_path(error);
  std::string pattern = (among / "vitrine-XXXXXX").string();
  if (error || ::mkdtemp(pattern.data()) == nullptr)
    throw InputError(fmt::format("{}: no temporary folder can be made here; set TMPDIR to a folder that may be written",
                                 error ? "the folder of temporary files" : among.string()));
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

GraphCheck::GraphCheck(std::string user, std::string command)
    : user_(std::move(user)), command_(std::move(command)), file_(folder_.path() / "graph.vit") {
  if (command_.find("{}") == command_.npos)
    throw UsageError(fmt::format("{}: --check {} does not say where the graph's file goes; write {{}} in its place",
                                 user_, in_quotes(command_)));
  line_ = replaced(command_, "{}", shell_word(file_.string()));
}

bool GraphCheck::fails(const Graph& graph) {
  write_file(file_, print(graph));
  const Finished run = run_child({"/bin/sh", "-c", line_}, {}, longest);
  ++runs_;
  if (run.how == Finished::How::exited && run.status != 126 && run.status != 127) return run.status != 0;
  throw InputError(fmt::format("{}: the shell cannot run --check {}: {}; check the program's name and its permissions",
                               user_, in_quotes(command_), in_quotes(run.err)));
}

}  // namespace vitrine
