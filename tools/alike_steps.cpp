#include "tools/alike_steps.hpp"

namespace vitrine {

namespace {

/// "blocks.3.mlp" and "blocks.12.mlp" as "blocks.*.mlp".
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

}  // namespace

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

}  // namespace vitrine
