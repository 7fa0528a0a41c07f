#include "runtime/write_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <string>
#include <system_error>

#include "runtime/disk.hpp"
#include "runtime/in_quotes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {
namespace {

namespace fs = std::filesystem;

std::string advice(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return "free some space or choose another place";
    case EFBIG: return "raise the limit on file sizes (ulimit -f) or choose another place";
    case EACCES:
    case EPERM:
    case EROFS: return "choose a folder that you may write to";
    case ENOENT:
    case ENOTDIR: return "make its folder first or choose another place";
    default: return "choose another place";
  }
}

[[noreturn]] void fail(const fs::path& path, int error) {
  throw InputError("cannot write " + in_quotes(path.native()) + ": " + std::generic_category().message(error) + "; " +
                   advice(error));
}

/// A limit on file sizes or a closed pipe would kill the process with a signal, and leave the temporary behind. While
/// this lives, both are errors of write() instead.
class SignalsAsErrors {
 public:
  SignalsAsErrors() {
    sigemptyset(&ours_);
    sigaddset(&ours_, SIGXFSZ);
    sigaddset(&ours_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : {SIGXFSZ, SIGPIPE}) {
      if (sigismember(&pending, signal) == 1) sigdelset(&ours_, signal);  // somebody else's: not ours to swallow
    }
    pthread_sigmask(SIG_BLOCK, &ours_, &before_);
  }
  SignalsAsErrors(const SignalsAsErrors&) = delete;
  SignalsAsErrors& operator=(const SignalsAsErrors&) = delete;
  ~SignalsAsErrors() {
    const timespec no_wait{};
    while (sigtimedwait(&ours_, nullptr, &no_wait) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t ours_{};
  sigset_t before_{};
};

/// 0, or the error that stopped the writing.
int write_all(Disk& disk, int descriptor, std::span<const std::string_view> pieces) {
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const ssize_t count = disk.write(descriptor, piece);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno;
      piece.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  return 0;
}

/// A new file in a folder, removed again unless renamed.
class Temporary {
 public:
  Temporary(const fs::path& target, Disk& disk) : target_(target), disk_(disk), descriptor_(create()) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!path_.empty()) disk_.remove(path_.c_str());
  }

  void write(std::span<const std::string_view> pieces) {
    if (const int error = write_all(disk_, descriptor_.number(), pieces); error != 0) fail(target_, error);
    // A failed fsync is not tried again: the kernel has marked the pages clean and would now report success.
    if (!disk_.sync(descriptor_.number())) fail(target_, errno);
    if (!disk_.close(descriptor_)) fail(target_, errno);
  }

  void rename() {
    if (!disk_.rename(path_.c_str(), target_.c_str())) fail(target_, errno);
    path_.clear();
  }

 private:
  int create() {
    // A short name of our own: the target's name plus a suffix could be too long for the file system.
    for (int attempt = 0; attempt < 100; ++attempt) {
      const std::string name = ".vitrine-" + std::to_string(::getpid()) + "-" + std::to_string(attempt) + ".tmp";
      path_ = target_.parent_path() / name;
      const int number = disk_.create(path_.c_str());
      if (number >= 0) return number;
      if (errno != EEXIST && errno != EINTR) break;
    }
    const int error = errno;
    path_.clear();  // not ours: nothing to remove
    fail(target_, error);
  }

  fs::path target_;
  Disk& disk_;
  fs::path path_;
  Descriptor descriptor_;
};

/// Makes the rename itself survive a power cut. Some file systems cannot (EINVAL), which is not the user's to mend.
void sync_folder(const fs::path& target, Disk& disk) {
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  const Descriptor descriptor(disk.open_folder(folder.c_str()));
  if (descriptor.is_open() && (disk.sync(descriptor.number()) || errno == EINVAL)) return;
  if (!descriptor.is_open() && errno == EACCES) return;  // a folder one may write to but not list
  throw InputError("wrote " + in_quotes(target.native()) + ", but the disk did not confirm it: " +
                   std::generic_category().message(errno) + "; check the disk before trusting the file");
}

void write_straight(const fs::path& path, std::span<const std::string_view> pieces, Disk& disk) {
  Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!descriptor.is_open()) fail(path, errno);
  if (const int error = write_all(disk, descriptor.number(), pieces); error != 0) fail(path, error);
  if (!disk.close(descriptor)) fail(path, errno);
}

}  // namespace

void write_file(const fs::path& path, std::string_view bytes) { write_file(path, std::span(&bytes, 1)); }

void write_file(const fs::path& path, std::span<const std::string_view> pieces) {
  Disk disk;
  write_file(path, pieces, disk);
}

void write_file(const fs::path& path, std::span<const std::string_view> pieces, Disk& disk) {
  const SignalsAsErrors guard;
  struct stat facts {};
  fs::path target = path;
  if (::stat(path.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) fail(path, EISDIR);
    // Renaming over /dev/null would replace the device itself.
    if (!S_ISREG(facts.st_mode)) return write_straight(path, pieces, disk);
    std::error_code unresolved;
    const fs::path resolved = fs::canonical(path, unresolved);
    if (unresolved) fail(path, unresolved.value());
    target = resolved;
  }
  Temporary temporary(target, disk);
  temporary.write(pieces);
  temporary.rename();
  sync_folder(target, disk);
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (!error && !fs::is_directory(path, error) && !error) error = std::make_error_code(std::errc::not_a_directory);
  if (!error && ::access(path.c_str(), W_OK | X_OK) != 0) error = std::error_code(errno, std::generic_category());
  if (error) {
    throw InputError("cannot make the folder " + in_quotes(path.native()) + ": " + error.message() +
                     "; choose a folder that you may write to");
  }
}

}  // namespace vitrine
