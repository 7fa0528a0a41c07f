#include "tools/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

#include "runtime/descriptor.hpp"
#include "vitrine/error.hpp"

extern char** environ;

namespace vitrine {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& program, int error) {
  throw InputError("cannot run " + program + ": " + std::generic_category().message(error) +
                   "; close other programs and try again");
}

struct Pipe {
  Descriptor read, write;
  static Pipe make(const std::string& program) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, errno);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
  }
};

/// Writing to a child that has gone would end us with SIGPIPE; while this lives, write() says EPIPE instead.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    sigset_t pending;
    sigemptyset(&only_);
    sigaddset(&only_, SIGPIPE);
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &only_, &before_);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  ~WithoutSigpipe() {
    const timespec no_wait{};
    while (!was_pending_ && sigtimedwait(&only_, nullptr, &no_wait) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t only_{}, before_{};
  bool was_pending_ = false;
};

/// posix_spawn's settings: the child's three standard streams, and its signals as a program expects to find them.
class Spawn {
 public:
  Spawn(int in, int out, int err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, in, 0);
    posix_spawn_file_actions_adddup2(&actions_, out, 1);
    posix_spawn_file_actions_adddup2(&actions_, err, 2);
    posix_spawnattr_init(&attributes_);
    sigset_t none, ordinary;
    sigemptyset(&none);
    sigemptyset(&ordinary);
    sigaddset(&ordinary, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &ordinary);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  int start(pid_t& child, std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& each : command) arguments.push_back(each.data());
    arguments.push_back(nullptr);
    return ::posix_spawnp(&child, arguments[0], &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Reads what is there. False when the other end is closed.
bool drain(const Descriptor& from, std::string& into) {
  std::array<char, 65536> piece;
  const ssize_t count = ::read(from.number(), piece.data(), piece.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  into.append(piece.data(), static_cast<std::size_t>(count));
  return count > 0;
}

/// Writes what fits. False when nothing is left to write or nobody reads.
bool feed(const Descriptor& to, std::string_view& rest) {
  if (rest.empty()) return false;
  const ssize_t count = ::write(to.number(), rest.data(), rest.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  rest.remove_prefix(static_cast<std::size_t>(count));
  return !rest.empty();
}

/// All three pipes at once: a child that waits for us to read while we wait for it to read would wait for ever.
/// False when out of time.
bool serve(Pipe& in, Pipe& out, Pipe& err, std::string_view input, Finished& made, Clock::time_point end) {
  ::fcntl(in.write.number(), F_SETFL, O_NONBLOCK);
  if (input.empty()) in.write.close();
  while (out.read.is_open() || err.read.is_open()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    const auto watched = [](const Descriptor& d, short events) {
      return pollfd{d.is_open() ? d.number() : -1, events, 0};
    };
    std::array<pollfd, 3> polls{watched(in.write, POLLOUT), watched(out.read, POLLIN), watched(err.read, POLLIN)};
    if (::poll(polls.data(), polls.size(), static_cast<int>(left)) < 0 && errno != EINTR) return false;
    if (polls[0].revents && !feed(in.write, input)) in.write.close();
    if (polls[1].revents && !drain(out.read, made.out)) out.read.close();
    if (polls[2].revents && !drain(err.read, made.err)) err.read.close();
  }
  return true;
}

}  // namespace

Finished run_child(const std::vector<std::string>& command, std::string_view input, std::chrono::milliseconds limit) {
  const std::string& program = command.front();
  Pipe in = Pipe::make(program), out = Pipe::make(program), err = Pipe::make(program);
  const WithoutSigpipe quiet;
  Finished made;
  pid_t child = 0;
  if (const int error = Spawn(in.read.number(), out.write.number(), err.write.number()).start(child, command);
      error != 0) {
    if (error != ENOENT && error != EACCES && error != ENOTDIR) fail(program, error);
    made.how = Finished::How::not_found;
    return made;
  }
  in.read.close();
  out.write.close();
  err.write.close();
  const bool in_time = serve(in, out, err, input, made, Clock::now() + limit);
  if (!in_time) {
    ::kill(child, SIGKILL);
    made.how = Finished::How::out_of_time;
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  made.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return made;
}

}  // namespace vitrine
