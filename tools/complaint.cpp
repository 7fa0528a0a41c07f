#include "tools/complaint.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "vitrine/nearest.hpp"

namespace vitrine {

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view near = nearest(word, candidates);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

std::string complaint(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = app.get_subcommands().empty() ? nullptr : app.get_subcommands().front();
  std::vector<std::string> flags, commands;
  for (const CLI::Option* option : (command ? command : &app)->get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  for (const CLI::App* each : app.get_subcommands({})) commands.push_back(each->get_name());
  // What the program itself did not understand comes before the command; what a command did not, after it.
  const std::vector<std::string> before = app.remaining(), after = command ? command->remaining() : before;
  const std::string help = command ? command->get_name() + " --help" : "--help";
  if (!before.empty() && !before[0].starts_with('-'))
    return fmt::format("there is no command '{}'{} ('vitrine --help' lists them)", before[0],
                       suggestion(before[0], commands));
  if (!before.empty() && command)
    return fmt::format("'{}' stands before the command; a command's flags follow it: vitrine {} {} ...", before[0],
                       command->get_name(), before[0]);
  const std::string who = command ? command->get_name() + ": " : "";
  for (const std::string& word : after) {
    const std::string flag = word.substr(0, word.find('='));
    if (flag.starts_with('-'))
      return fmt::format("{}there is no flag '{}'{} ('vitrine {}' lists them)", who, flag, suggestion(flag, flags),
                         help);
  }
  if (!after.empty())
    return fmt::format("{}'{}' is one word too many ('vitrine {}' shows what it takes)", who, after[0], help);

  std::string said = error.what();
  if (!command)
    return fmt::format("no command is given; one of {} ('vitrine --help' explains)", fmt::join(commands, ", "));
  const std::string name = said.substr(0, said.find_first_of(": "));
  const CLI::Option* option = command->get_option_no_throw(name);
  const std::string what = option ? ": " + option->get_description() : "";
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    said = name + " is missing" + what;
    for (const CLI::Option* greedy : command->get_options())
      if (greedy->get_allow_extra_args() && greedy->count() > 0 && !greedy->get_positional())
        said += fmt::format("; {} takes every word up to the next flag, so give {} first", greedy->get_name(), name);
  }
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) said = name + " takes exactly one value" + what;
  // "--epochs: takes a whole number" reads on without the colon.
  if (const auto colon = said.find(": takes "); colon != said.npos) said.erase(colon, 1);
  std::ranges::replace(said, '\n', ' ');
  return fmt::format("{}{} ('vitrine {}' explains)", who, said, help);
}

}  // namespace vitrine
