#include "compiler/schedules.hpp"

#include <cmath>
#include <cstring>

#include "vitrine/error.hpp"
#include "vitrine/ops/add.hpp"
#include "vitrine/ops/cast.hpp"
#include "vitrine/ops/cos.hpp"
#include "vitrine/ops/div.hpp"
#include "vitrine/ops/equal.hpp"
#include "vitrine/ops/exp.hpp"
#include "vitrine/ops/greater.hpp"
#include "vitrine/ops/map.hpp"
#include "vitrine/ops/maximum.hpp"
#include "vitrine/ops/minimum.hpp"
#include "vitrine/ops/mul.hpp"
#include "vitrine/ops/sub.hpp"

namespace vitrine {

namespace {

Value whole_number(Graph& graph, std::int32_t n) {
  Constant c{{DType::i32, {}}, std::vector<std::byte>(sizeof n)};
  std::memcpy(c.bytes.data(), &n, sizeof n);
  return graph.constant(c);
}

void demand_sound(const Schedule& schedule) {
  const auto refuse = [](const std::string& why) { throw UsageError("schedule: " + why); };
  if (schedule.cosine_steps > 0 && schedule.drop_every > 0)
    refuse("it falls as a cosine and in drops; give cosine_steps or drop_every, not both");
  if (schedule.cosine_steps < 0 || schedule.drop_every < 0 || schedule.warm_up_steps < 0)
    refuse("a number of steps is negative; 0 leaves that part out");
  if (schedule.drop_every > 0 && !(schedule.drop > 0)) refuse("drop must be above 0, or nothing is learned after it");
  if (!std::isfinite(schedule.rate) || !std::isfinite(schedule.least) || !std::isfinite(schedule.drop))
    refuse("rate, least or drop is not a finite number");
  if (schedule.least != 0 && schedule.cosine_steps == 0) refuse("least is where a cosine ends; give cosine_steps too");
}

/// The rate without warm-up, t updates after its begin.
Value falling(const Schedule& schedule, Value t) {
  if (schedule.drop_every > 0) {
    const Value drops = cast<DType::f32>(cast<DType::i32>(t / static_cast<float>(schedule.drop_every)));
    return schedule.rate * exp(drops * std::log(schedule.drop));
  }
  const float pi = 3.14159265f, per_step = pi / static_cast<float>(schedule.cosine_steps);
  const Value fall = 0.5f * (schedule.rate - schedule.least) * (1.f + cos(minimum(t * per_step, pi)));
  return schedule.least == 0 ? fall : schedule.least + fall;
}

}  // namespace

Value chosen(Value condition, Value a, Value b) {
  return map([](auto c, auto x, auto y) { return select(c, x, y); }, condition, a, b);
}

Clock::Clock(Graph& graph, std::int64_t accumulate) : graph_(graph), accumulate_(accumulate) {
  if (accumulate < 1 || accumulate > 1 << 24)
    throw UsageError("optimizer: accumulate is " + std::to_string(accumulate) +
                     ", but gradients of 1 to 16777216 runs make an update");
  if (!accumulates()) return;
  const Value run = graph.state("optimizer.run", {DType::i32, {}});
  const Value last = equal(cast<DType::f32>(run), static_cast<float>(accumulate - 1));
  updates_ = cast<DType::f32>(last), updates_whole_ = cast<DType::i32>(last);
  const Value one = whole_number(graph, 1);
  graph.update(run, (run + one) * (one - updates_whole_));
}

Value Clock::step() {
  if (!state_) {
    state_ = graph_.state("optimizer.step", {DType::i32, {}});
    graph_.update(state_, state_ + (accumulates() ? updates_whole_ : whole_number(graph_, 1)));
  }
  return cast<DType::f32>(state_);
}

void Clock::update(Value state, Value next) {
  graph_.update(state, accumulates() ? chosen(updates_, next, state) : next);
}

Value learning_rate(const Schedule& schedule, Graph& graph, Clock& clock) {
  demand_sound(schedule);
  const bool falls = schedule.cosine_steps > 0 || schedule.drop_every > 0;
  if (schedule.warm_up_steps == 0) return falls ? falling(schedule, clock.step()) : number(graph, schedule.rate);
  const auto warm = static_cast<float>(schedule.warm_up_steps);
  const Value t = clock.step(), rising = schedule.rate * ((t + 1.f) / warm);
  const Value after = falls ? falling(schedule, maximum(t - warm, 0.f)) : number(graph, schedule.rate);
  return chosen(cast<DType::f32>(greater(t + 1.f, warm)), after, rising);
}

}  // namespace vitrine
