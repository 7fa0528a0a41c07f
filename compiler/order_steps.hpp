#pragma once
#include "compiler/draft.hpp"

namespace vitrine {

/// Which of the steps that are ready runs next. What it needs on top is what it makes less what dies there.
enum class Preference : std::uint8_t {
  oldest,        // the step with the oldest node: the order of the user's program
  freeing,       // one that needs no more memory, the most freeing first; else the oldest: an update of a parameter
                 // runs as soon as its gradient is known
  least_growth,  // the one that needs least on top
};

/// The steps in a topological order of `draft.later`, in the time of a sort. Ties go to the oldest node.
/// Throws InternalError if the steps wait for each other, as groups may make them.
StepNumbers ordered(const Draft&, Preference);

/// The order, of all preferences, that has the fewest bytes alive at its fullest step; the oldest first where no other
/// needs less.
StepNumbers best_order(const Draft&);

/// Puts the steps in the best order.
void order_steps(Draft&);

}  // namespace vitrine
