#pragma once
#include <filesystem>
#include <string>

#include "vitrine/graph.hpp"

namespace vitrine {

/// A folder of our own among the system's temporary ones, removed with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();  // InputError where none can be made
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A command of the shell as the judge of graphs: it is given a graph's text in a file, and its exit code is its
/// verdict. What it prints is not shown.
class GraphCheck {
 public:
  /// `command` has {} where the file's path goes: UsageError if it has none. `user` is the command that asks, for
  /// sentences.
  GraphCheck(std::string user, std::string command);

  /// Runs the command on a graph. True if it ended with another code than 0, or by a signal. InputError if the shell
  /// could not start what it names (126, 127), which says nothing about the graph.
  bool fails(const Graph&);
  std::size_t runs() const { return runs_; }

 private:
  std::string user_, command_, line_;  // line_: with the path in it
  TemporaryFolder folder_{};
  std::filesystem::path file_;
  std::size_t runs_ = 0;
};

}  // namespace vitrine
