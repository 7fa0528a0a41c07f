#pragma once
#include <map>

#include "runtime/program.hpp"

namespace vitrine {

/// Binds made-up elements to every input of a program, which must outlive it: whole numbers as large as the ops take
/// them, each input for itself, found by running the program. Its states are then as they were before.
class MadeUpRun {
 public:
  /// Throws InputError if the program cannot be run on any whole numbers.
  MadeUpRun(Program&, States&, std::uint64_t seed);

  /// The largest number that an input of whole ones may hold.
  std::int32_t largest(const std::string& name) const { return largest_.at(name); }

 private:
  void draw(const std::string& name, const Type&, std::int32_t largest);

  Program& program_;
  std::uint64_t seed_;
  std::map<std::string, AlignedBytes> elements_{};
  std::map<std::string, std::int32_t> largest_{};
};

}  // namespace vitrine
