#include "runtime/input_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "runtime/in_quotes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

std::string advice(int error) {
  if (error == ENOENT || error == ENOTDIR) return "check the path";
  if (error == EACCES || error == EPERM) return "ask its owner for permission to read it";
  return "check the disk, or use another copy of the file";
}

[[noreturn]] void fail(const std::string& name, int error) {
  throw InputError("cannot read " + name + ": " + std::generic_category().message(error) + "; " + advice(error));
}

// O_NONBLOCK: opening a pipe must not wait for a writer. It changes nothing for a regular file.
int open_for_reading(const std::filesystem::path& path) {
  int number = -1;
  do {
    number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (number < 0 && errno == EINTR);
  return number;
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path)
    : name_(in_quotes(path.native())), descriptor_(open_for_reading(path)) {
  struct stat facts {};
  if (!descriptor_.is_open() || ::fstat(descriptor_.number(), &facts) != 0) fail(name_, errno);
  if (!S_ISREG(facts.st_mode)) {
    throw InputError("cannot read " + name_ + ": it is " +
                     (S_ISDIR(facts.st_mode) ? "a folder" : "a device or a pipe") +
                     "; give the path of a regular file");
  }
  size_ = static_cast<std::uint64_t>(facts.st_size);
}

void InputFile::read(std::uint64_t offset, std::span<std::byte> destination) const {
  while (!destination.empty()) {
    const ssize_t count =
        ::pread(descriptor_.number(), destination.data(), destination.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(name_, errno);
    if (count == 0) {
      throw InputError("cannot read " + name_ + ": it ends at byte " + std::to_string(offset) + ", though it had " +
                       std::to_string(size_) + " bytes when opened; try again when nothing is writing to it");
    }
    offset += static_cast<std::uint64_t>(count);
    destination = destination.subspan(static_cast<std::size_t>(count));
  }
}

std::shared_ptr<std::byte> InputFile::map() const {
  if (size_ == 0) return nullptr;
  const auto bytes = static_cast<std::size_t>(size_);
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor_.number(), 0);
  if (at == MAP_FAILED) fail(name_, errno);
  return {static_cast<std::byte*>(at), [bytes](std::byte* begin) { ::munmap(begin, bytes); }};
}

}  // namespace vitrine
