#pragma once
// A file descriptor that closes itself.
#include <unistd.h>

#include <utility>

namespace vitrine {

/// Owns one descriptor; -1 is none.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

  /// Closes now; false when the system reports a late write error. Never tried twice: the number may already be
  /// another file's.
  bool close() {
    const int number = std::exchange(number_, -1);
    return number < 0 || ::close(number) == 0;
  }

 private:
  int number_;
};

}  // namespace vitrine
