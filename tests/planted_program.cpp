// The whole command line of a compiler with one bug in it: VITRINE_PLANTED names the bug, none lists them.
#include <fmt/format.h>

#include <cstdlib>

#include "tests/planted/planted_bug.hpp"
#include "vitrine/project.hpp"

int main(int argc, char** argv) {
  using namespace vitrine;
  const char* name = std::getenv("VITRINE_PLANTED");
  for (const PlantedBug& bug : every_planted_bug()) {
    if (!name) fmt::print("{}: {}\n", bug.guilty, bug.name);
    if (name && bug.name == name) bug.plant(planted());
  }
  return name ? command_line(argc, argv, {}) : 2;
}
