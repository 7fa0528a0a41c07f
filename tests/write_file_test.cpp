#include "runtime/write_file.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "runtime/input_file.hpp"
#include "tests/scratch.hpp"

using namespace vitrine;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

/// While it lives no file can grow beyond this many bytes: what a full disk does, without needing one.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limited{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("a written file holds exactly the bytes, and nothing else is left in the folder") {
  const Scratch scratch;
  const std::string bytes("a\0b\n\xff", 5);
  write_file(scratch / "new", bytes);
  CHECK(content_of(scratch / "new") == bytes);
  write_file(scratch / "new", std::array<std::string_view, 3>{"one ", "", "two"});
  CHECK(content_of(scratch / "new") == "one two");
  write_file(scratch / "new", "");
  CHECK(content_of(scratch / "new").empty());
  CHECK(files_in(scratch.folder()) == 1);
}

TEST_CASE("when the file cannot grow, the old one stays whole and no temporary is left") {
  const Scratch scratch;
  write_file(scratch / "kept", "the old content");
  std::string message;
  {
    const FileSizeLimit limit(1000);
    message = input_error_of([&] { write_file(scratch / "kept", std::string(100'000, 'x')); });
  }
  CHECK_THAT(message, Contains("kept") && Contains("File too large") && Contains("ulimit"));
  CHECK(content_of(scratch / "kept") == "the old content");
  CHECK(files_in(scratch.folder()) == 1);
  sigset_t pending;
  sigpending(&pending);
  CHECK(sigismember(&pending, SIGXFSZ) == 0);  // it would kill the process later
}

TEST_CASE("a full device is an error that says so") {
  const std::string message = input_error_of([] { write_file("/dev/full", "x"); });
  CHECK_THAT(message, Contains("/dev/full") && Contains("No space left") && Contains("free some space"));
}

TEST_CASE("a device is written to, not replaced") {
  write_file("/dev/null", "gone");
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("a folder that cannot be written to is an error that names the path") {
  const Scratch scratch;
  put(scratch / "file", "not a folder");
  CHECK_THAT(input_error_of([&] { write_file(scratch / "file/inside", "x"); }), Contains("file/inside\": Not a dir"));
  CHECK_THAT(input_error_of([&] { write_file(scratch / "missing/inside", "x"); }), Contains("make its folder first"));
  CHECK_THAT(input_error_of([] { write_file("/proc/vitrine-test", "x"); }), Contains("/proc/vitrine-test"));
  CHECK_THAT(input_error_of([&] { write_file(scratch.folder(), "x"); }), Contains("Is a directory"));
  CHECK_THAT(input_error_of([&] { write_file(scratch / std::string(300, 'n'), "x"); }), Contains("too long"));
  CHECK(content_of(scratch / "file") == "not a folder");
  CHECK(files_in(scratch.folder()) == 1);
}

TEST_CASE("a symbolic link stays a link, and what it points to gets the bytes") {
  const Scratch scratch;
  write_file(scratch / "target", "old");
  fs::create_symlink("target", scratch / "link");
  write_file(scratch / "link", "new");
  CHECK(fs::is_symlink(scratch / "link"));
  CHECK(content_of(scratch / "target") == "new");
}

TEST_CASE("somebody else's file under the temporary's name is left alone") {
  const Scratch scratch;
  const std::string taken = ".vitrine-" + std::to_string(::getpid()) + "-0.tmp";
  put(scratch / "victim", "untouched");
  fs::create_symlink("victim", scratch / taken);
  write_file(scratch / "new", "bytes");
  CHECK(content_of(scratch / "new") == "bytes");
  CHECK(content_of(scratch / "victim") == "untouched");
  CHECK(fs::is_symlink(scratch / taken));
}

TEST_CASE("a reader meets the old file or the new one, never a mixture") {
  const Scratch scratch;
  constexpr std::size_t size = 300'000;
  write_file(scratch / "file", std::string(size, 'a'));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) write_file(scratch / "file", std::string(size, i % 2 == 0 ? 'b' : 'a'));
    done = true;
  });
  bool always_whole = true;
  while (!done) {
    const std::string seen = content_of(scratch / "file");
    always_whole &= seen.size() == size && std::ranges::count(seen, seen[0]) == static_cast<long>(size);
  }
  writer.join();
  CHECK(always_whole);
}

TEST_CASE("make_folder makes parents, is content with what is there, and says why it cannot") {
  const Scratch scratch;
  make_folder(scratch / "a/b/c");
  make_folder(scratch / "a/b/c");
  CHECK(fs::is_directory(scratch / "a/b/c"));
  put(scratch / "file", "");
  for (const fs::path& path : {scratch / "file", scratch / "file/inside", fs::path("/proc/vitrine-test")}) {
    CHECK_THAT(input_error_of([&] { make_folder(path); }), Contains("cannot make the folder \"" + path.string()));
  }
}

TEST_CASE("a file that shrinks while it is read is an error, and so is what is no file") {
  const Scratch scratch;
  put(scratch / "file", "0123456789");
  const InputFile file(scratch / "file");
  fs::resize_file(scratch / "file", 4);
  std::array<std::byte, 10> bytes{};
  CHECK_THAT(input_error_of([&] { file.read(0, bytes); }), Contains("ends at byte 4") && Contains("10 bytes"));
  CHECK_THAT(input_error_of([&] { InputFile folder(scratch.folder()); }), Contains("it is a folder"));
  CHECK_THAT(input_error_of([&] { InputFile device("/dev/zero"); }), Contains("a device or a pipe"));
  CHECK_THAT(input_error_of([&] { InputFile missing(scratch / "a\nb\x1b[31m"); }),
             Contains("a\\x0ab\\x1b[31m") && Contains("No such file"));
}
