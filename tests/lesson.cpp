// build/lesson NUMBER COMMAND ...: the program on the page of that number in milestones/lessons, each of which is a
// main of its own (lessons.cmake).
#include <cstdio>
#include <cstdlib>

#define LESSON(NUMBER) int lesson_##NUMBER(int argc, char** argv);
#include "lessons.inc"
#undef LESSON

int main(int argc, char** argv) {
  const char* const asked = argc > 1 ? argv[1] : "";
#define LESSON(NUMBER) \
  if (std::strtol(asked, nullptr, 10) == std::strtol(#NUMBER, nullptr, 10)) return lesson_##NUMBER(argc - 1, argv + 1);
#include "lessons.inc"
  std::fprintf(stderr, "lesson: there is no lesson '%s'; say its number, 'build/lesson 1 --help'\n", asked);
  return 2;
}
