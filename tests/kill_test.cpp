// A save that is killed, refused or cut short at any of its system calls: the old file or the new one, whole.
#include <sys/wait.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "runtime/disk.hpp"
#include "runtime/tensor_file.hpp"
#include "runtime/write_file.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// Counts the calls and does something about the k-th: `strike` is asked in front of each with its name, and may kill
/// the process; the number it hands out is the error that the call then fails with, 0 for none.
class FailingDisk : public Disk {
 public:
  explicit FailingDisk(std::function<int(std::size_t number, const std::string& call)> strike)
      : strike_(std::move(strike)) {}

  std::vector<std::string> calls{};

  int create(const char* path) override { return fails("create") ? -1 : Disk::create(path); }
  ssize_t write(int descriptor, std::string_view bytes) override {
    if (fails("write")) return -1;
    const std::string_view half = bytes.substr(0, (bytes.size() + 1) / 2);
    const ssize_t written = Disk::write(descriptor, half);  // fewer than asked for, as a nearly full disk does
    return fails("half") ? -1 : written;
  }
  bool sync(int descriptor) override { return !fails("sync") && Disk::sync(descriptor); }
  bool close(Descriptor& descriptor) override {
    const bool failed = fails("close");
    const int error = errno;
    const bool closed = Disk::close(descriptor);  // a close that fails has closed
    errno = error;
    return !failed && closed;
  }
  bool rename(const char* from, const char* to) override { return !fails("rename") && Disk::rename(from, to); }
  int open_folder(const char* path) override { return fails("open_folder") ? -1 : Disk::open_folder(path); }
  void remove(const char* path) override {
    calls.push_back("remove");
    Disk::remove(path);
  }

 private:
  bool fails(const std::string& call) {
    calls.push_back(call);
    const int error = strike_(calls.size(), call);
    if (error != 0) errno = error;
    return error != 0;
  }
  std::function<int(std::size_t, const std::string&)> strike_;
};

/// The bytes of a safetensors file with one tensor of this number.
std::string file_of(unsigned char number) {
  const Scratch scratch;
  write_tensor_file(scratch / "f", {{{"w", {DType::u8, {40}, std::vector<std::byte>(40, std::byte{number})}}}, {}});
  return content_of(scratch / "f");
}

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

/// Writes `bytes` in two pieces, as a header and its tensors are written.
void save(const fs::path& path, std::string_view bytes, Disk& disk) {
  const std::array pieces{bytes.substr(0, bytes.size() / 3), bytes.substr(bytes.size() / 3)};
  write_file(path, pieces, disk);
}

const std::string before = file_of(1), after = file_of(2);

}  // namespace

TEST_CASE("a save writes, confirms, closes, renames and confirms the folder, in this order") {
  const Scratch scratch;
  FailingDisk disk([](std::size_t, const std::string&) { return 0; });
  save(scratch / "state", after, disk);
  CHECK(content_of(scratch / "state") == after);
  std::vector<std::string> order;
  for (const std::string& call : disk.calls)
    if (call != "half" && (order.empty() || order.back() != call)) order.push_back(call);
  CHECK(order == std::vector<std::string>{"create", "write", "sync", "close", "rename", "open_folder", "sync"});
}

TEST_CASE("killed at any moment of a save: the old file or the new one is there, whole") {
  std::size_t killed = 0, old_ones = 0;
  for (std::size_t moment = 1;; ++moment) {
    const Scratch scratch;
    const fs::path path = scratch / "state";
    put(path, before);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      FailingDisk disk([&](std::size_t number, const std::string&) {
        if (number == moment) ::kill(::getpid(), SIGKILL);
        return 0;
      });
      save(path, after, disk);
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    INFO("killed in front of call " << moment);
    const std::string found = content_of(path);
    CHECK((found == before || found == after));
    CHECK(input_error_of([&] { read_tensor_file(path); }) == "no error");
    if (WIFEXITED(status)) {
      CHECK(found == after);
      break;
    }
    CHECK(WTERMSIG(status) == SIGKILL);
    ++killed;
    old_ones += found == before;
    // What a killed save has left beside the file does not stop the next one.
    FailingDisk sound([](std::size_t, const std::string&) { return 0; });
    save(path, after, sound);
    CHECK(content_of(path) == after);
  }
  CHECK(killed >= 20);
  CHECK(old_ones < killed);  // behind the rename it is the new one
}

TEST_CASE("a call of a save that fails leaves the old file whole, no temporary, and a sentence") {
  for (const int error : {ENOSPC, EIO, EDQUOT, EROFS}) {
    for (std::size_t moment = 1;; ++moment) {
      const Scratch scratch;
      const fs::path path = scratch / "state";
      put(path, before);
      std::string which;
      FailingDisk disk([&](std::size_t number, const std::string& call) {
        if (number == moment) which = call;
        return number == moment ? error : 0;
      });
      const std::string said = input_error_of([&] { save(path, after, disk); });
      if (which.empty()) break;
      INFO("error " << error << " of call " << moment << ", " << which << ": " << said);
      const bool renamed = std::ranges::find(disk.calls, "rename") != disk.calls.end() && which != "rename";
      CHECK(content_of(path) == (renamed ? after : before));
      CHECK_THAT(said, Contains(path.string()) && Contains(std::generic_category().message(error)));
      CHECK_THAT(said, Contains(renamed ? "did not confirm it" : "cannot write"));
      CHECK(files_in(scratch.folder()) == 1);
      // A confirmation that failed is not asked for again: the kernel would now say that all is well.
      if (which == "sync" && !renamed) CHECK(std::ranges::count(disk.calls, "sync") == 1);
    }
  }
}

TEST_CASE("short writes and interrupted calls are gone on with") {
  const Scratch scratch;
  std::size_t interrupted = 0;
  FailingDisk disk([&](std::size_t number, const std::string& call) {
    const bool interrupts = (call == "create" || call == "write") && number % 2 == 1;
    interrupted += interrupts;
    return interrupts ? EINTR : 0;
  });
  save(scratch / "state", after, disk);
  CHECK(content_of(scratch / "state") == after);
  CHECK(interrupted >= 2);
  CHECK(files_in(scratch.folder()) == 1);
}
