#include "tools/alike_steps.hpp"

namespace vitrine {

std::string without_numbers(const std::string& module) {
  std::string made;
  for (std::size_t begin = 0; begin <= module.size();) {
    const std::size_t end = std::min(module.find('.', begin), module.size());
    const std::string part = module.substr(begin, end - begin);
    const bool number = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    made += (begin == 0 ? "" : ".") + (number ? "*" : part);
    begin = end + 1;
  }
  return made;
}

std::vector<AlikeSteps> alike_steps(const Profile& profile) {
  std::vector<AlikeSteps> made;
  std::map<std::tuple<std::string, std::string, std::string, Phase, double, double, double>, std::size_t> known;
  for (std::size_t i = 0; i < profile.steps.size(); ++i) {
    const ProfiledStep& step = profile.steps[i];
    const StepFacts& facts = step.facts;
    const std::string module = without_numbers(facts.module);
    const auto [at, is_new] = known.try_emplace(
        {step.choice.kernel, facts.what, module, facts.phase, facts.operations, facts.bytes_read, facts.bytes_written},
        made.size());
    if (is_new) made.push_back({.module = module});
    AlikeSteps& set = made[at->second];
    set.steps.push_back(i);
    set.nanoseconds += step.nanoseconds;
    set.limit += step.limit();
    set.share += step.share;
  }
  std::ranges::stable_sort(made, std::ranges::greater(), &AlikeSteps::nanoseconds);
  return made;
}

std::vector<AlikeFusions> alike_fusions(const Profile& profile) {
  std::map<std::size_t, std::string> places;
  for (const ProfiledStep& step : profile.steps)
    places[step.facts.number] = without_numbers(step.facts.module) + " " + step.facts.what;
  const auto place = [&](std::size_t number) {
    const std::string& text = places[number];
    return text.substr(0, text.find(' '));
  };
  std::vector<AlikeFusions> made;
  std::map<std::tuple<std::string, std::string, std::uint_least32_t, double, double>, std::size_t> known;
  for (const RefusedFusion& one : profile.refused) {
    const auto [at, is_new] = known.try_emplace(
        {places[one.from], places[one.to], one.refusal.at.line(), one.bytes_read, one.bytes_kept}, made.size());
    if (is_new) made.push_back({.from = place(one.from), .to = place(one.to)});
    made[at->second].fusions.push_back(&one);
    made[at->second].nanoseconds += one.nanoseconds;
  }
  std::ranges::stable_sort(made, std::ranges::greater(), &AlikeFusions::nanoseconds);
  return made;
}

}  // namespace vitrine
