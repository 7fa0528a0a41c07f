#include "tools/quantize/quality.hpp"

#include <cmath>

namespace vitrine {

namespace {
double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}
void add_to(GroupSum& group, double x) { group.sum += x, ++group.count; }
}  // namespace

double Quality::perplexity_before() const { return std::exp(loss_before); }
double Quality::perplexity_after() const { return std::exp(loss_after); }
double Quality::perplexity_change() const { return 100 * std::expm1(loss_after - loss_before); }
double Quality::accuracy_before() const { return percent(right_before, rows); }
double Quality::accuracy_after() const { return percent(right_after, rows); }
// Of the difference in whole images: that of two percentages would be 0.2000000003 for 0.2.
double Quality::accuracy_change() const {
  return right_after >= right_before ? percent(right_after - right_before, rows)
                                     : -percent(right_before - right_after, rows);
}

void QualitySums::begin_group() {
  ++counted_.groups;
  for (auto* sums : {&difference_, &divergence_, &same_top_}) sums->emplace_back();
}

void QualitySums::add(const RowDifference& row, std::int32_t truth) {
  const auto before = static_cast<double>(row.loss_before), after = static_cast<double>(row.loss_after);
  loss_before_ += before, loss_after_ += after;
  add_to(difference_.back(), after - before);
  add_to(divergence_.back(), static_cast<double>(row.divergence));
  add_to(same_top_.back(), row.top_before == row.top_after ? 1 : 0);
  const bool was = row.top_before == truth, is = row.top_after == truth;
  ++counted_.rows;
  counted_.right_before += was, counted_.right_after += is;
  counted_.flips.lost += was && !is, counted_.flips.gained += is && !was;
}

Quality QualitySums::result() const {
  Quality made = counted_;
  if (made.rows == 0) return made;
  made.loss_before = loss_before_ / static_cast<double>(made.rows);
  made.loss_after = loss_after_ / static_cast<double>(made.rows);
  made.loss_difference = mean_over(difference_);
  made.divergence = mean_over(divergence_);
  made.same_top = mean_over(same_top_);
  return made;
}

}  // namespace vitrine
