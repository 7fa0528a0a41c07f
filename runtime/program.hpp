#pragma once
#include <chrono>

#include "runtime/kernels.hpp"
#include "runtime/states.hpp"

namespace vitrine {

/// What looks on while a program runs, step by step: memory says where a step's operands and results lie.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void before(const Step&, const Memory&) {}
  virtual void after(const Step&, const Memory&) {}
};

/// When each step of a run began, in the order of Program::steps(), and when the last one ended.
struct StepTimes {
  using Clock = std::chrono::steady_clock;
  std::vector<Clock::time_point> at{};
};

/// A plan made ready to run: every kernel prepared, every address known.
class Program {
 public:
  /// Adds the plan's states to `states`. Pool and states must outlive the program; no two programs may run on one of
  /// them at once.
  Program(Plan plan, States& states, Pool& pool, Isa isa);

  /// Where an input's elements are, dense and row-major; they are read at every run until another place is given.
  /// Throws UsageError for an unknown name, or an address that is not a multiple of the element's size.
  void bind_input(std::string_view name, const void* elements);

  /// One step of the program: reads inputs and states, makes outputs, updates states. Throws UsageError while an input
  /// is not bound, and what a step finds wrong with the data (InputError: a label outside of the classes); states may
  /// then be updated in part and are to be set again before the next run.
  void run();
  /// The same while somebody looks on.
  void run(Watcher&);
  /// The same with a look at the clock before each step and after the last.
  void run(StepTimes&);

  /// An output's elements, valid until the next run.
  std::span<const std::byte> output(std::string_view name) const;
  /// An output that is f32[].
  float scalar(std::string_view name) const;

  const Plan& plan() const { return *plan_; }
  /// What each run does, in order: the plan's steps without those that ran once, when the program was loaded. These run
  /// again before the first run after a state they read was written, by another program or by hand.
  std::span<const Step* const> steps() const { return every_run_; }

 private:
  const NamedSlot& find_output(std::string_view name) const;
  void demand_inputs() const;
  void run_sweep(std::size_t first, std::size_t end);
  bool is_stale();
  void begin_run();

  std::unique_ptr<const Plan> plan_;
  Pool* pool_;
  AlignedBytes arena_;
  std::vector<AlignedBytes> constants_{};
  Memory memory_{};
  /// A state that once-steps read, and the version that they have read.
  struct Read {
    const States::Held* state;
    std::uint64_t version;
  };
  std::vector<std::pair<const Step*, std::unique_ptr<PreparedStep>>> once_{};
  std::vector<Read> read_once_{};
  std::vector<States::Held*> written_{};                // states that a run writes
  std::vector<std::unique_ptr<PreparedStep>> steps_{};  // those that run every time
  std::vector<const Step*> every_run_{};                // what each of them does
  std::vector<std::vector<PreparedStep*>> readers_{};   // of each input
  std::vector<std::size_t> chunks_until_{};             // of a sweep: a run allocates nothing
  std::size_t unbound_;
};

}  // namespace vitrine
