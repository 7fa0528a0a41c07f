// A profile for people: what it was measured on, the steps by their time, and why each has its kernel.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "tools/alike_steps.hpp"

namespace vitrine {

namespace {

/// At least three digits, no more than there is room for.
std::string figure(double x) {
  if (x == 0) return "0";
  return x < 0.1   ? fmt::format("{:.3f}", x)
         : x < 10  ? fmt::format("{:.2f}", x)
         : x < 100 ? fmt::format("{:.1f}", x)
                   : fmt::format("{:.0f}", x);
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

std::string bytes_text(double bytes) {
  constexpr double KiB = 1024, MiB = 1024 * KiB;
  return bytes >= MiB ? figure(bytes / MiB) + " MiB" : figure(bytes / KiB) + " KiB";
}

std::string limits_text(const Profile& profile) {
  const KnownLimits& known = profile.known;
  std::string text =
      fmt::format("limits of this machine ({}, {}, {} thread{}; {}):\n", processor_name(), profile.isa, profile.threads,
                  profile.threads == 1 ? "" : "s",
                  known.disturbed  ? "measured now while others wanted the cores too, so perhaps too low, and not kept"
                  : known.measured ? "measured now"
                                   : "kept in " + known.file.string());
  text += fmt::format("  {} GFLOP/s of multiply-adds", figure(known.limits.flops));
  for (std::size_t i = 0; i < known.limits.levels.size(); ++i) {
    const MemoryLevel& level = known.limits.levels[i];
    text += fmt::format("; {}{} read {} GB/s, copy {} GB/s", level_name(i),
                        i + 1 < known.limits.levels.size() ? " (" + bytes_text(level.bytes) + ")" : "",
                        figure(level.read), figure(level.copy));
  }
  return text + "\n";
}

/// One letter for each different kernel and reason: their sentences are too long for a row.
class Reasons {
 public:
  explicit Reasons(const Profile& profile) {
    for (const ProfiledStep& step : profile.steps) {
      const std::pair key(step.choice.kernel, step.choice.reason);
      if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
    }
  }
  std::string name(const Choice& choice) {
    const auto at =
        static_cast<std::size_t>(std::ranges::find(known_, std::pair(choice.kernel, choice.reason)) - known_.begin());
    used_.insert(at);
    return letters(at);
  }
  std::string text() const {
    std::string made;
    for (const std::size_t i : used_)
      made += fmt::format("  {:<2} {}: {}\n", letters(i), known_[i].first, known_[i].second);
    return made;
  }

 private:
  static std::string letters(std::size_t i) {
    const std::string last(1, static_cast<char>('a' + i % 26));
    return i < 26 ? last : letters(i / 26 - 1) + last;
  }
  std::vector<std::pair<std::string, std::string>> known_{};
  std::set<std::size_t> used_{};
};

std::string shortened(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 3) + "...";
}

std::string row(const ProfiledStep& step, double look, Reasons& reasons) {
  const StepFacts& facts = step.facts;
  const double bytes = facts.bytes_read + facts.bytes_written;
  // Below this the clock decides more than the step.
  const bool rough = step.nanoseconds < 10 * look;
  const auto a_nanosecond = [&](double x) { return step.nanoseconds > 0 ? figure(x / step.nanoseconds) : "-"; };
  return fmt::format("{:>5} {:>9} {:>7} {:>10} {:>9} {:>9} {:>8} {:>7} {:>8} {:>8}  {:<2} {}{}{}\n", facts.number,
                     (rough ? "~" : "") + figure(step.nanoseconds / 1e3), percent(step.share),
                     figure(step.choice.nanoseconds / 1e3), figure(bytes / 1e6), figure(facts.operations / 1e6),
                     a_nanosecond(facts.operations), a_nanosecond(bytes),
                     step.compute_bound() ? "compute" : level_name(step.level),
                     step.nanoseconds > 0 ? percent(step.limit() / step.nanoseconds) : "-", reasons.name(step.choice),
                     shortened(facts.what, 60), facts.module.empty() ? "" : ", " + facts.module, side_of(facts.phase));
}

std::string steps_text(const Profile& profile, std::size_t top) {
  Reasons reasons(profile);
  std::string text =
      fmt::format("{:>5} {:>9} {:>7} {:>10} {:>9} {:>9} {:>8} {:>7} {:>8} {:>8}  {:<2} {}\n", "step", "us", "share",
                  "predicted", "MB moved", "MFLOP", "GFLOP/s", "GB/s", "limit", "of it", "by", "what, where");
  const auto shown = profile.most_expensive(top);
  double rest = profile.steps_total();
  bool rough = false;
  for (const std::size_t i : shown) {
    text += row(profile.steps[i], profile.timing.look, reasons);
    rest -= profile.steps[i].nanoseconds;
    rough = rough || profile.steps[i].nanoseconds < 10 * profile.timing.look;
  }
  if (const std::size_t others = profile.steps.size() - shown.size())
    text += fmt::format("{:>5} {:>9} {:>7} in {} other step{}\n", "", figure(std::max(0.0, rest) / 1e3),
                        percent(profile.steps_total() > 0 ? std::max(0.0, rest) / profile.steps_total() : 0), others,
                        others == 1 ? "" : "s");
  if (rough)
    text += fmt::format("  ~: less than ten looks at the clock, {} ns each: roughly\n", figure(profile.timing.look));
  return text + "who runs it, and why:\n" + reasons.text();
}

/// Where blocks repeat: what all of them spend on the same, and how much of that is above their limits.
std::string alike_text(const Profile& profile) {
  const auto sets = alike_steps(profile);
  if (std::ranges::all_of(sets, [](const AlikeSteps& set) { return set.steps.size() == 1; })) return {};
  constexpr std::size_t most = 12;
  std::string text = fmt::format("alike steps of all blocks together:\n{:>5} {:>9} {:>7} {:>10} {:>8} {:>8}  {}\n",
                                 "steps", "us", "share", "above", "limit", "of it", "what, where");
  for (std::size_t i = 0; i < std::min(most, sets.size()); ++i) {
    const AlikeSteps& set = sets[i];
    const ProfiledStep& first = profile.steps[set.steps.front()];
    text +=
        fmt::format("{:>5} {:>9} {:>7} {:>10} {:>8} {:>8}  {}{}{}\n", set.steps.size(), figure(set.nanoseconds / 1e3),
                    percent(set.share), figure(std::max(0.0, set.nanoseconds - set.limit) / 1e3),
                    first.compute_bound() ? "compute" : level_name(first.level),
                    set.nanoseconds > 0 ? percent(set.limit / set.nanoseconds) : "-", shortened(first.facts.what, 60),
                    set.module.empty() ? "" : ", " + set.module, side_of(first.facts.phase));
  }
  return text;
}

/// What lies between the steps' time and their limits, by kernel: where there is something to gain.
std::string above_text(const Profile& profile) {
  std::map<std::string, double> above;
  for (const ProfiledStep& step : profile.steps)
    above[step.choice.kernel] += std::max(0.0, step.nanoseconds - step.limit());
  std::vector<std::pair<std::string, double>> sorted(above.begin(), above.end());
  std::ranges::stable_sort(sorted, std::ranges::greater(), &std::pair<std::string, double>::second);
  std::string text;
  for (const auto& [kernel, ns] : sorted)
    if (ns > 0)
      text += fmt::format("{}{} {} us", text.empty() ? "above their limits: " : ", ", kernel, figure(ns / 1e3));
  return text.empty() ? text : text + "\n";
}

std::string totals_text(const Profile& profile) {
  const double steps = profile.steps_total(), whole = profile.timing.whole;
  double limit = 0;
  for (const ProfiledStep& step : profile.steps) limit += step.limit();
  std::string text = fmt::format(
      "all steps {} us, each step's median; a whole run {} us, with a look at the clock before each step {} us "
      "({} runs of each)\n",
      figure(steps / 1e3), figure(whole / 1e3), figure(profile.timing.watched / 1e3), profile.timing.runs);
  constexpr double undisturbed = 0.9;
  if (profile.timing.on_core < undisturbed)
    text += fmt::format(
        "disturbed: the thread that ran it had a core for {} of the time only, others wanted it too; measure again on "
        "an "
        "idle machine\n",
        percent(profile.timing.on_core));
  text += fmt::format("all steps at their limits: {} us, {} of the time\n", figure(limit / 1e3),
                      steps > 0 ? percent(limit / steps) : "-");
  text += above_text(profile);
  const auto correlation = profile.rank_correlation();
  text += fmt::format(
      "predictions are for one thread of a server of 2020 and rank steps; their rank correlation with what was "
      "measured: {}\n",
      correlation ? fmt::format("{:.2f}", *correlation) : "none, they do not vary");
  return text;
}

std::string refused_text(const Profile& profile) {
  if (profile.refused.empty()) return "no fusion was refused that would save bytes\n";
  constexpr std::size_t most = 10;
  const auto sets = alike_fusions(profile);
  double all = 0;
  for (const AlikeFusions& set : sets) all += set.nanoseconds;
  std::string text =
      fmt::format("refused fusions, by what they would save at least ({} us in all, {} of the steps' time):\n",
                  figure(all / 1e3), profile.steps_total() > 0 ? percent(all / profile.steps_total()) : "-");
  for (std::size_t i = 0; i < std::min(most, sets.size()); ++i) {
    const RefusedFusion& first = *sets[i].fusions.front();
    const auto where = [](const std::string& module) { return module.empty() ? "" : " (" + module + ")"; };
    text += fmt::format("{:>9} us: {}{} of %{}, step {}{}, {} by step {}{}: {}\n", figure(sets[i].nanoseconds / 1e3),
                        sets[i].fusions.size() > 1 ? fmt::format("{} like this: ", sets[i].fusions.size()) : "",
                        bytes_text(first.bytes_read), first.refusal.producer.id, first.from, where(sets[i].from),
                        first.bytes_kept > 0 ? "kept to be read" : "read again", first.to, where(sets[i].to),
                        first.refusal.reason);
  }
  if (sets.size() > most) text += fmt::format("  and {} more, all in profile.json\n", sets.size() - most);
  return text;
}

}  // namespace

std::string table(const Profile& profile, std::size_t top) {
  std::string text = fmt::format("{}{}: {} step{}{}, arena {}, provider {}\n", profile.model,
                                 profile.graph.empty() ? "" : ", step " + profile.graph, profile.steps.size(),
                                 profile.steps.size() == 1 ? "" : "s",
                                 profile.steps_at_load ? fmt::format(" and {} at load", profile.steps_at_load) : "",
                                 bytes_text(static_cast<double>(profile.arena_bytes)), profile.provider);
  return text + limits_text(profile) + steps_text(profile, top) + alike_text(profile) + totals_text(profile) +
         refused_text(profile);
}

}  // namespace vitrine
