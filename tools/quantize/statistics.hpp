#pragma once
// How sure a measured number is.
#include <cstddef>
#include <vector>

namespace vitrine {

/// A mean and its standard error.
struct Estimate {
  double mean = 0, error = 0;
};

/// Some of what is measured, which hangs together: the places of one text, or one image.
struct GroupSum {
  double sum = 0, count = 0;
};

/// The mean over everything, its error from how the groups differ: places of one text are alike, and to count each as
/// a measurement of its own would make the error too small. (The ratio estimator: W. Cochran, "Sampling Techniques",
/// 3rd edition (1977), section 2.11.) 0 as error for fewer than two groups.
Estimate mean_over(const std::vector<GroupSum>& groups);

/// How likely an estimate this far from 0 is if it is 0 in truth, by the normal distribution; 1 where mean and error
/// are 0.
double p_value(const Estimate&);

/// Answers that one model gave right and the other wrong.
struct Flips {
  std::size_t lost = 0, gained = 0;
  /// McNemar's test, exact: how likely flips this uneven are if both models are equally good, by the binomial
  /// distribution (Q. McNemar, "Note on the sampling error of the difference between correlated proportions", 1947).
  double p() const;
};

}  // namespace vitrine
