#pragma once
// The real program as a user runs it: a process of its own, its exit code and what it printed.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "tools/child_process.hpp"

namespace vitrine {

/// Runs a program with these words, without a shell and without a terminal.
inline Finished run_program(const std::string& program, std::vector<std::string> words, std::string_view input = {}) {
  words.insert(words.begin(), program);
  return run_child(words, input, std::chrono::minutes(2));
}

/// The program that tests/CMakeLists.txt names.
inline Finished vitrine_run(std::vector<std::string> words, std::string_view input = {}) {
  return run_program(VITRINE_PROGRAM, std::move(words), input);
}

/// The words as they were typed, for a message when a check fails.
inline std::string typed(const std::vector<std::string>& words) {
  std::string line = "vitrine";
  for (const std::string& word : words) line += " " + word;
  return line;
}

/// Nothing that would move a cursor or colour a log file.
inline bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || static_cast<unsigned char>(c) >= 0x20; });
}

/// It must end with this exit code, print nothing, and say one sentence on stderr. Hands out the sentence.
inline std::string sentence_of(const std::vector<std::string>& words, int code, std::string_view input = {}) {
  const Finished run = vitrine_run(words, input);
  INFO(typed(words) << "\nsaid: " << run.err);
  CHECK(run.status == code);
  CHECK(run.out.empty());
  CHECK(is_plain(run.err));
  CHECK(run.err.starts_with("vitrine: "));
  CHECK(std::ranges::count(run.err, '\n') == 1);
  CHECK(run.err.ends_with('\n'));
  return run.err;
}

/// A variable of the environment, for this process and those it starts, until the end of the block.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_.emplace(before);
    ::setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> before_{};
};

}  // namespace vitrine
