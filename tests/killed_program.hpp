#pragma once
// The real program, killed in the middle of its work.
#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

#include "tests/run_program.hpp"

namespace vitrine {

/// Starts the program and kills it as soon as its stderr says `line`. Hands out whether it came to that.
inline bool killed_behind(const std::vector<std::string>& words, const std::string& line) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::vector<std::string> all{VITRINE_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], 2);
    ::dup2(::open("/dev/null", O_WRONLY), 1);
    ::close(ends[0]);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 256> piece;
  for (ssize_t count = 1; count > 0 && said.find(line) == said.npos;) {
    count = ::read(ends[0], piece.data(), piece.size());
    said.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  INFO(said);
  CHECK(said.find(line) != said.npos);
  return WIFSIGNALED(status);
}

}  // namespace vitrine
