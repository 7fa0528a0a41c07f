#include "tools/graphviz.hpp"

#include "runtime/in_quotes.hpp"
#include "tools/child_process.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// What a person can act on in what `dot` said: its first line.
std::string first_line(std::string_view said) {
  const std::string_view line = said.substr(0, said.find('\n'));
  return line.empty() ? "it gave no reason" : "it said " + in_quotes(line);
}

}  // namespace

std::string render(std::string_view dot, std::string_view format) {
  if (format != "svg" && format != "png")
    throw UsageError("render: a picture is \"svg\" or \"png\", not " + in_quotes(format));
  constexpr std::chrono::seconds limit{60};
  Finished made = run_child({"dot", "-T" + std::string(format)}, dot, limit);
  if (made.how == Finished::How::not_found)
    throw InputError(
        "cannot draw the graph: the program dot is not installed; install the Debian package graphviz, or ask "
        "for --format dot or --format text, which work without it");
  if (made.how == Finished::How::out_of_time)
    throw InputError(
        "cannot draw the graph: dot was not done after 60 seconds, because the graph is too large or too tangled; "
        "fold it with --fold, or ask for --format dot or --format text");
  if (made.status != 0 || made.out.empty())
    throw InputError("cannot draw the graph: dot ended with status " + std::to_string(made.status) + ", " +
                     first_line(made.err) + "; ask for --format dot to see what it was given");
  return std::move(made.out);
}

}  // namespace vitrine
