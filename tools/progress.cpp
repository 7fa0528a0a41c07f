#include "tools/progress.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace vitrine {
namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

// Progress is a courtesy: when stderr is gone the job goes on.
void send(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Titles and notes may hold a user's names: no control character of theirs reaches the terminal.
std::string one_line(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return result;
}

bool speaks_utf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view name = value;
    return name.find("UTF-8") != name.npos || name.find("utf8") != name.npos;
  }
  return false;
}

/// Emacs' shell and some CI systems are terminals that cannot erase.
bool is_able_terminal(int descriptor) {
  const char* kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (kind == nullptr || std::string_view(kind) != "dumb");
}

std::size_t columns_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string bar(double fraction, std::size_t width) {
  const bool utf8 = speaks_utf8();
  const auto filled = static_cast<std::size_t>(fraction * static_cast<double>(width));
  std::string result;
  for (std::size_t i = 0; i < width; ++i) result += i < filled ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  return result;
}

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

/// The first `count` characters of UTF-8: a line longer than the terminal would wrap, and `erase_line` miss half of it.
std::string_view first_characters(std::string_view text, std::size_t count) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (starts_character(text[i]) && count-- == 0) return text.substr(0, i);
  return text;
}

std::string rate_text(double rate) {
  if (rate >= 10'000) return fmt::format("{:.0f}k/s", rate / 1000);
  return fmt::format("{:.{}f}/s", rate, rate >= 10 ? 0 : 2);
}

}  // namespace

std::string duration_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "?";
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

Progress::Progress(std::string title, std::size_t total, int descriptor)
    : title_(one_line(title)),
      total_(total),
      descriptor_(descriptor),
      is_terminal_(is_able_terminal(descriptor)),
      start_(Clock::now()),
      next_draw_(start_) {}

Progress::~Progress() { clear(); }

void Progress::advance(std::size_t n, std::string_view note) {
  done_ += n;
  if (!is_terminal_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  note_ = one_line(note);
  draw(now);
}

void Progress::line(std::string_view text) {
  clear();
  send(descriptor_, one_line(text) + "\n");
  if (is_terminal_) draw(Clock::now());
}

void Progress::draw(Clock::time_point now) {
  next_draw_ = now + std::chrono::milliseconds(100);
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string text = title_;
  if (total_ > 0) {
    const double fraction = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    text += fmt::format(" {:3.0f} % {}", std::floor(100 * fraction), bar(fraction, 24));
  }
  const bool is_known = done_ > 0 && seconds > 0.05;  // the first microseconds tell nothing about the rest
  if (is_known) text += "  " + rate_text(rate);
  if (is_known && done_ < total_) {
    text += "  " + duration_text(static_cast<double>(total_ - done_) / rate) + " left";
  }
  if (!note_.empty()) text += "  " + note_;
  // One column stays free: some terminals wrap as soon as the last one is filled.
  send(descriptor_, fmt::format("{}{}", erase_line, first_characters(text, columns_of(descriptor_) - 1)));
  is_drawn_ = true;
}

void Progress::clear() {
  if (std::exchange(is_drawn_, false)) send(descriptor_, erase_line);
}

}  // namespace vitrine
