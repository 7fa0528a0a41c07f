#pragma once
#include <string_view>

#include "runtime/descriptor.hpp"

namespace vitrine {

/// The system calls by which write_file changes a disk, one function each, so that a test can stop, shorten or fail
/// every one of them. Each hands out what the call does: -1 or false with errno set when it fails.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual int create(const char* path);  // for writing; fails where there is something already
  virtual ssize_t write(int descriptor, std::string_view bytes);
  virtual bool sync(int descriptor);
  virtual bool close(Descriptor&);
  virtual bool rename(const char* from, const char* to);
  virtual int open_folder(const char* path);
  virtual void remove(const char* path);
};

}  // namespace vitrine
