#include "tools/pass_choice.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compiler/passes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

bool has(std::span<const Pass> passes, std::string_view name) {
  return std::ranges::find(passes, name, &Pass::name) != passes.end();
}

}  // namespace

std::vector<Pass> chosen(std::span<const Pass> pipeline, const PassChoice& choice) {
  if (!choice.only.empty()) return passes_named(choice.only);
  std::vector<Pass> made(pipeline.begin(), pipeline.end());
  if (choice.without.empty()) return made;
  const std::vector<Pass> out = passes_named(choice.without);
  std::erase_if(made, [&](const Pass& pass) { return has(out, pass.name); });
  return made;
}

std::vector<Pass> chosen_before_gradients(std::span<const Pass> pipeline, const PassChoice& choice) {
  return choice.only.empty() ? chosen(pipeline, choice) : std::vector<Pass>{};
}

std::vector<Pass> rewriting(std::span<const Pass> passes) {
  std::vector<Pass> made(passes.begin(), passes.end());
  std::erase_if(made, [](const Pass& pass) { return pass.when == When::at_the_end; });
  return made;
}

void demand_sense(const PassChoice& choice, const std::vector<std::span<const Pass>>& pipelines,
                  const std::string& command) {
  if (!choice.only.empty() && !choice.without.empty())
    throw UsageError(command + ": passes are named, or all are run without some; give one of the two flags");
  if (choice.without.empty()) return;
  for (const Pass& pass : passes_named(choice.without))
    if (std::ranges::none_of(pipelines, [&](std::span<const Pass> each) { return has(each, pass.name); }))
      throw UsageError(
          fmt::format("{}: {} is not run here, so it cannot be left out; name a pass that is", command, pass.name));
}

std::string words(const PassChoice& choice) {
  return !choice.only.empty()      ? "passes " + choice.only
         : !choice.without.empty() ? "without " + choice.without
                                   : "all passes";
}

}  // namespace vitrine
