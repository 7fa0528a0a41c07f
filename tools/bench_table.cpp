#include "tools/bench_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/peer_variants.hpp"

namespace vitrine {

namespace {

std::string lack_of(const Measured& row) {
  if (had_its_threads(row.busy, row.threads)) return "";
  return fmt::format("had {:.2f} of {} processors", median(row.busy), row.threads);
}

/// The fastest of the rows that a test lets pass, or null.
template <class Test> const Measured* fastest(std::span<const Measured> rows, Test&& passes) {
  const Measured* best = nullptr;
  for (const Measured& row : rows)
    if (passes(row) && (!best || row.times_as_fast_as(*best) > 1)) best = &row;
  return best;
}

std::string ratio_line(const Measured& ours, const Measured& peer, const std::string& threads) {
  const std::string lack = lack_of(peer);
  return fmt::format("{:<13} {:<7} {:>7} {:>10.3f} {:>10.3f} {:>6.2f}  {} {}{}{}\n", ours.work, ours.unit, threads,
                     ours.median(), peer.median(), ours.times_as_fast_as(peer), peer.peer, peer.variant,
                     lack.empty() ? "" : ", ", lack);
}

}  // namespace

std::string bench_table(std::span<const Measured> rows) {
  std::string made = fmt::format("{:<13} {:<11} {:<39} {:>7} {:>10} {:>10} {:>10}  {}\n", "work", "who", "variant",
                                 "threads", "median", "least", "most", "unit");
  for (const Measured& row : rows) {
    const auto [least, most] = std::ranges::minmax(row.samples);
    const std::string lack = lack_of(row);
    made += fmt::format("{:<13} {:<11} {:<39} {:>7} {:>10.3f} {:>10.3f} {:>10.3f}  {}{}{}{}\n", row.work, row.peer,
                        row.variant, row.threads, row.median(), least, most, row.unit, lack.empty() ? "" : "  ", lack,
                        in_eight_bits(row) ? "  other numbers: weights in 8 bits" : "");
  }
  return made;
}

std::string ratio_table(std::span<const Measured> rows, const std::string& ours) {
  std::string made;
  std::vector<std::pair<std::string, std::string>> told;
  for (const Measured& first : rows) {
    const std::pair work(first.work, first.unit);
    if (std::ranges::find(told, work) != told.end()) continue;
    told.push_back(work);
    const auto is_ours = [&](const Measured& row) {
      return std::pair(row.work, row.unit) == work && row.peer == "vitrine" &&
             (row.variant == ours || row.variant == "memcpy");
    };
    const auto is_peer = [&](const Measured& row) {
      return std::pair(row.work, row.unit) == work && row.peer != "vitrine" && !in_eight_bits(row);
    };
    std::vector<int> counts;
    for (const Measured& row : rows)
      if (is_ours(row)) counts.push_back(row.threads);
    for (const int threads : counts) {
      const Measured* we = fastest(rows, [&](const Measured& row) { return is_ours(row) && row.threads == threads; });
      const Measured* they = fastest(rows, [&](const Measured& row) { return is_peer(row) && row.threads == threads; });
      if (we && they) made += ratio_line(*we, *they, std::to_string(threads));
    }
    const Measured *we = fastest(rows, is_ours), *they = fastest(rows, is_peer);
    if (counts.size() > 1 && we && they) made += ratio_line(*we, *they, "best");
  }
  if (made.empty()) return made;
  return fmt::format("\n{:<13} {:<7} {:>7} {:>10} {:>10} {:>6}  {}\n{}", "work", "unit", "threads", "vitrine", "peer",
                     "times", "as fast as the fastest way of the fastest peer", made);
}

std::string bench_json(std::span<const Measured> rows) {
  nlohmann::json made = nlohmann::json::array();
  for (const Measured& row : rows)
    made.push_back({{"work", row.work},
                    {"peer", row.peer},
                    {"variant", row.variant},
                    {"threads", row.threads},
                    {"unit", row.unit},
                    {"samples", row.samples},
                    {"median", row.median()}});
  return made.dump(2) + "\n";
}

}  // namespace vitrine
