#include "tools/progress.hpp"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <thread>

#include "runtime/descriptor.hpp"

using namespace vitrine;
using Catch::Contains;

namespace {

/// What arrived at the other end so far.
std::string received(const Descriptor& end) {
  fcntl(end.number(), F_SETFL, O_NONBLOCK);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count; (count = read(end.number(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  return text;
}

struct Ends {
  Descriptor reader;
  Descriptor writer;
};

Ends make_pipe() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Ends make_terminal(unsigned short columns) {
  int reader = -1, writer = -1;
  const winsize size{24, columns, 0, 0};
  setenv("TERM", "xterm", 1);
  setenv("LC_ALL", "C.UTF-8", 1);
  if (openpty(&reader, &writer, nullptr, nullptr, &size) != 0) throw std::runtime_error("no terminal");
  return {Descriptor(reader), Descriptor(writer)};
}

std::size_t redraws_in(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\r')); }

}  // namespace

TEST_CASE("off a terminal there is one plain line per milestone and nothing else") {
  const Ends ends = make_pipe();
  {
    Progress progress("training", 1000, ends.writer.number());
    for (int i = 0; i < 1000; ++i) progress.advance(1, "loss 0.5");
    progress.line("epoch 1: loss 0.5");
    progress.line("epoch 2:\rloss\x1b[31m 0.4");
  }
  CHECK(received(ends.reader) == "epoch 1: loss 0.5\nepoch 2: loss [31m 0.4\n");
}

TEST_CASE("on a terminal there is a bar with percent, rate, time left and note, erased at the end") {
  const Ends ends = make_terminal(120);
  {
    Progress progress("training", 100, ends.writer.number());
    progress.advance(20, "");
    CHECK_THAT(received(ends.reader), Contains("20 %") && !Contains("/s"));  // too early for a rate
    std::this_thread::sleep_for(std::chrono::milliseconds(110));
    progress.advance(5, "loss \x1b[2J0.5");
    const std::string text = received(ends.reader);
    CHECK_THAT(text,
               Contains("training  25 % ██████░") && Contains("/s") && Contains(" left") && Contains("loss  [2J0.5"));
    CHECK_THAT(text, !Contains("\x1b[2J"));
    progress.line("epoch 1 done");
    CHECK_THAT(received(ends.reader), Contains("\r\x1b[Kepoch 1 done\r\n") && Contains("25 %"));
  }
  CHECK(received(ends.reader) == "\r\x1b[K");
}

TEST_CASE("a thousand steps at once are drawn once, not a thousand times") {
  const Ends ends = make_terminal(80);
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress("training", 1000, ends.writer.number());
    for (int i = 0; i < 1000; ++i) progress.advance(1, "");
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const std::string text = received(ends.reader);
  CHECK(redraws_in(text) >= 2);
  CHECK(static_cast<double>(redraws_in(text)) <= 2 + seconds.count() * 10);
}

TEST_CASE("a line longer than the terminal is cut, so that it never wraps") {
  const Ends ends = make_terminal(20);
  Progress progress("ä very long title", 10, ends.writer.number());
  progress.advance(1, "a note");
  const std::string text = received(ends.reader);
  const auto characters =
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  CHECK(characters == 4 + 19);  // what erases the line, and one column less than there are
}

TEST_CASE("more steps than announced, or an unknown number, break nothing") {
  const Ends ends = make_terminal(120);
  {
    Progress progress("a", 10, ends.writer.number());
    progress.advance(25, "");
  }
  CHECK_THAT(received(ends.reader), Contains("100 %") && !Contains("left"));
  {
    Progress progress("b", 0, ends.writer.number());
    progress.advance(25, "note");
  }
  CHECK_THAT(received(ends.reader), Contains("b  ") && Contains("note") && !Contains("%"));
}

TEST_CASE("a closed pipe does not end the job") {
  Progress progress("training", 10, -1);
  progress.advance(1, "");
  progress.line("epoch 1");
  SUCCEED("still here");
}

TEST_CASE("a length of time reads as people say it") {
  CHECK(duration_text(0) == "0 s");
  CHECK(duration_text(59.4) == "59 s");
  CHECK(duration_text(59.6) == "1 min 00 s");
  CHECK(duration_text(185) == "3 min 05 s");
  CHECK(duration_text(7800) == "2 h 10 min");
  CHECK(duration_text(-1) == "?");
  CHECK(duration_text(std::numeric_limits<double>::infinity()) == "?");
  CHECK(duration_text(std::numeric_limits<double>::quiet_NaN()) == "?");
}
