#include "runtime/program.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/elementwise.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

Program::Program(Plan plan, States& states, Pool& pool, Isa isa)
    : plan_(std::make_unique<const Plan>(std::move(plan))),
      pool_(&pool),
      arena_(plan_->arena_bytes),
      readers_(plan_->inputs.size()),
      unbound_(plan_->inputs.size()) {
  states.add(*plan_, pool);
  memory_.arena = arena_.data();
  memory_.inputs.resize(plan_->inputs.size());
  std::vector<States::Held*> held;
  for (const auto& [name, type] : plan_->states) {
    held.push_back(&states.held(name));
    memory_.states.push_back(held.back()->elements);
  }
  for (const Constant& constant : plan_->constants) {
    constants_.emplace_back(constant.bytes.size());
    std::ranges::copy(constant.bytes, constants_.back().data());
    memory_.constants.push_back(constants_.back().data());
  }
  const Machine machine{pool, isa};
  for (const Step& step : plan_->steps) {
    std::unique_ptr<PreparedStep> prepared = find_kernel(step.choice.kernel)(step, machine);
    const bool reads_input =
        std::ranges::any_of(step.operands, [](const Slot& slot) { return slot.space == Space::input; });
    if (!reads_input) prepared->place(memory_);  // the others once their inputs are bound
    if (step.once) {
      for (const Slot& slot : step.operands)
        if (slot.space == Space::state) read_once_.push_back({held[slot.index], held[slot.index]->version});
      prepared->run();
      once_.emplace_back(&step, std::move(prepared));
      continue;
    }
    for (const Slot& slot : step.results)
      if (slot.space == Space::state) written_.push_back(held[slot.index]);
    for (const Slot& slot : step.operands)
      if (slot.space == Space::input) readers_[slot.index].push_back(prepared.get());
    steps_.push_back(std::move(prepared));
    every_run_.push_back(&step);
  }
}

void Program::bind_input(std::string_view name, const void* elements) {
  const auto at =
      std::ranges::find(plan_->inputs, name, [](const auto& input) { return std::string_view(input.first); });
  if (at == plan_->inputs.end())
    throw UsageError("program '" + plan_->name + "' has no input named '" + std::string(name) + "'");
  static constexpr float nothing = 0;  // an input without elements may be nowhere
  if (!elements && at->second.shape.elements() == 0) elements = &nothing;
  if (!elements || reinterpret_cast<std::uintptr_t>(elements) % size_of(at->second.dtype) != 0)
    throw UsageError("input '" + at->first + "' of program '" + plan_->name +
                     "' was given an address that cannot hold its elements");
  const auto index = static_cast<std::size_t>(at - plan_->inputs.begin());
  const std::byte*& bound = memory_.inputs[index];
  if (bound == elements) return;
  const bool last_missing = !bound && --unbound_ == 0;
  bound = static_cast<const std::byte*>(elements);
  if (last_missing)
    for (const auto& readers : readers_)
      for (PreparedStep* step : readers) step->place(memory_);
  else if (unbound_ == 0)
    for (PreparedStep* step : readers_[index]) step->place(memory_);
}

void Program::demand_inputs() const {
  for (std::size_t i = 0; i < memory_.inputs.size(); ++i)
    if (!memory_.inputs[i])
      throw UsageError("input '" + plan_->inputs[i].first + "' of program '" + plan_->name +
                       "' is not bound; call bind_input before run");
}

bool Program::is_stale() {
  bool stale = false;
  for (Read& read : read_once_) {
    stale = stale || read.version != read.state->version;
    read.version = read.state->version;
  }
  return stale;
}

void Program::begin_run() {
  if (unbound_ != 0) demand_inputs();
  if (is_stale())
    for (const auto& [step, prepared] : once_) prepared->run();
  for (States::Held* state : written_) ++state->version;
}

void Program::run() {
  begin_run();
  for (std::size_t first = 0; first < steps_.size();) {
    const std::uint32_t sweep = every_run_[first]->sweep;
    std::size_t end = first + 1;
    if (sweep != 0 && steps_[first]->work())
      while (end < steps_.size() && every_run_[end]->sweep == sweep && steps_[end]->work()) ++end;
    if (end == first + 1)
      steps_[first]->run();
    else
      run_sweep(first, end);
    first = end;
  }
}

/// Steps [first, end): the chunks of all are handed out together.
void Program::run_sweep(std::size_t first, std::size_t end) {
  std::vector<std::size_t>& until = chunks_until_;
  until.assign(1, 0);
  for (std::size_t i = first; i < end; ++i) until.push_back(until.back() + steps_[i]->work()->chunks());
  pool_->run(until.back(), [&](std::size_t chunk, std::size_t) {
    const auto step = static_cast<std::size_t>(std::ranges::upper_bound(until, chunk) - until.begin()) - 1;
    steps_[first + step]->work()->run(chunk - until[step]);
  });
}

void Program::run(Watcher& watcher) {
  begin_run();
  for (const auto& [step, prepared] : once_) {  // once more, to be looked at
    watcher.before(*step, memory_);
    prepared->run();
    watcher.after(*step, memory_);
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    watcher.before(*every_run_[i], memory_);
    steps_[i]->run();
    watcher.after(*every_run_[i], memory_);
  }
}

void Program::run(StepTimes& times) {
  begin_run();
  times.at.resize(steps_.size() + 1);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    times.at[i] = StepTimes::Clock::now();
    steps_[i]->run();
  }
  times.at.back() = StepTimes::Clock::now();
}

const NamedSlot& Program::find_output(std::string_view name) const {
  const auto at = std::ranges::find(plan_->outputs, name, &NamedSlot::name);
  if (at == plan_->outputs.end())
    throw UsageError("program '" + plan_->name + "' has no output named '" + std::string(name) + "'");
  return *at;
}

std::span<const std::byte> Program::output(std::string_view name) const {
  const Slot& slot = find_output(name).slot;
  if (unbound_ != 0) demand_inputs();
  return {memory_.at(slot), slot.type.bytes()};
}

float Program::scalar(std::string_view name) const {
  const Slot& slot = find_output(name).slot;
  if (slot.type != Type{})
    throw UsageError((Sentence{} << "output '" << name << "' is " << slot.type << " and not a number f32[]").str());
  float made = 0;
  std::memcpy(&made, output(name).data(), sizeof made);
  return made;
}

}  // namespace vitrine
