#include "tools/training_gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tools/reference_checks.hpp"

namespace vitrine {

namespace {

double distance(std::span<const float> now, std::span<const float> begin) {
  std::vector<float> difference(begin.size());
  for (std::size_t i = 0; i < begin.size(); ++i) difference[i] = now[i] - begin[i];
  return norm(difference);
}

/// Models with more parameters than this have one gate for all, which names those that fail.
constexpr std::size_t most_by_name = 24;

struct Parameter {
  std::string name;
  double size = 0, moved = 0;  // its length at the start, and how far it went
  double gradient = 0;         // the length of the loss's gradient at the start

  bool moved_enough(double percent) const { return 100 * moved > percent * size && moved > 0; }
  bool has_gradient() const { return gradient > 0 && std::isfinite(gradient); }
  std::string movement() const {
    return size > 0 ? fmt::format("{:.1f} % of its start", 100 * moved / size) : fmt::format("by {:.3g} from 0", moved);
  }
};

std::vector<Parameter> parameters_in(const ModelTraining& training) {
  std::vector<Parameter> made;
  for (const auto& [name, begin] : training.begin()) {
    const auto g = training.gradient_norms().find(name);
    made.push_back({name, norm(begin), begin.empty() ? 0 : distance(floats_in(training.states().bytes(name)), begin),
                    g == training.gradient_norms().end() ? 0 : g->second});
  }
  return made;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 4;
  std::string made;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) made += (i ? ", " : "") + names[i];
  return names.size() > most ? made + fmt::format(" and {} more", names.size() - most) : made;
}

void check_all(const std::vector<Parameter>& all, double least, Gates& gates) {
  std::vector<std::string> stayed, flat;
  for (const Parameter& p : all) {
    if (!p.moved_enough(least)) stayed.push_back(p.name);
    if (!p.has_gradient()) flat.push_back(p.name);
  }
  const auto share = [](const Parameter& p) {
    return p.size > 0 ? p.moved / p.size : std::numeric_limits<double>::max();
  };
  const Parameter &slowest = *std::ranges::min_element(all, {}, share),
                  &weakest = *std::ranges::min_element(all, {}, &Parameter::gradient);
  gates.check(fmt::format("all {} parameters moved", all.size()), stayed.empty(),
              stayed.empty() ? fmt::format("{} least, {}", slowest.name, slowest.movement()) : "not " + listed(stayed),
              fmt::format("each more than {} % of its start", least));
  gates.check(fmt::format("all {} parameters have a gradient", all.size()), flat.empty(),
              flat.empty() ? fmt::format("{} the smallest, norm {:.3g} at the start", weakest.name, weakest.gradient)
                           : "not " + listed(flat),
              "not 0, finite");
}

}  // namespace

void check_training(const ModelTraining& training, double guessing, bool quick, Gates& gates) {
  const double least = quick ? 0.1 : 1;  // percent that a parameter must move
  const auto means = training.mean_losses();
  const double last = means.back();
  const bool several = means.size() > 1;
  const double bound = several ? means.front() : guessing;
  gates.check("loss falls", last < bound, fmt::format("{:.4f}", last),
              fmt::format("below {:.4f}, {}", bound, several ? "the first epoch's" : "the loss of guessing"));
  const std::vector<Parameter> all = parameters_in(training);
  if (all.size() > most_by_name) return check_all(all, least, gates);
  for (const Parameter& p : all) {
    gates.check(p.name + " moved", p.moved_enough(least), p.movement(),
                p.size > 0 ? fmt::format("more than {} %", least) : "more than 0");
    gates.check(p.name + " has a gradient", p.has_gradient(), fmt::format("norm {:.3g} at the start", p.gradient),
                "not 0, finite");
  }
}

void check_same_loss(const std::string& name, double got, double want, Gates& gates) {
  gates.check(name, std::abs(got - want) <= 1e-4 * std::max(1.0, std::abs(want)), fmt::format("{:.6f}", got),
              fmt::format("{:.6f}", want));
}

}  // namespace vitrine
