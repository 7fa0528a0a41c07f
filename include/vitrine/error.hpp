#pragma once
// Whose fault it is, as types. The command line turns each into its exit code (1 to 4) and prints what() on stderr.
// A what() is one sentence: what, where, why, what to do.
#include <stdexcept>

namespace vitrine {

/// What was to be checked does not hold: exit code 1.
struct CheckError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The caller asked for something that does not exist or does not fit: exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A file, format, disk or missing program: exit code 3.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A bug of ours: exit code 4.
struct InternalError : std::logic_error {
  using std::logic_error::logic_error;
};

}  // namespace vitrine
