#include "runtime/steps/sinks_of.hpp"

#include "vitrine/error.hpp"
#include "vitrine/ops/max_to.hpp"
#include "vitrine/ops/mean.hpp"

namespace vitrine {

namespace {

Sink sink_of(const Step& step, std::size_t s) {
  const Op* const op = &step.sinks[s];
  if (!as<SumTo>(op) && !as<Mean>(op) && !as<MaxTo>(op))
    throw InternalError("a plan has " + std::string(op->name()) + " as a sink, for which there are no loops");
  const Shape& to = step.sink_result(s).type.shape;
  std::optional<float> count;
  if (as<Mean>(op)) count = static_cast<float>(reduced_axes(step.iteration, to).elements());
  return {as<MaxTo>(op) ? Reduction::maximum : Reduction::sum, stages_of(step.iteration, to), count};
}

}  // namespace

std::vector<Sink> sinks_of(const Step& step) {
  std::vector<Sink> made;
  for (std::size_t s = 0; s < step.sinks.size(); ++s) made.push_back(sink_of(step, s));
  return made;
}

std::vector<FloatView> views_of_sinks(const Step& step) {
  std::vector<FloatView> made;
  for (std::size_t s = 0; s < step.sinks.size(); ++s) made.push_back(view_over(step.iteration, step.sink_result(s)));
  return made;
}

}  // namespace vitrine
