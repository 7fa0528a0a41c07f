#include "tools/interleaved.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "tools/compiled.hpp"
#include "tools/peer.hpp"
#include "tools/peer_look.hpp"
#include "tools/progress.hpp"
#include "tools/timed.hpp"

namespace vitrine {

namespace {

/// How long the work has taken, so that a slow one on a busy machine ends in about three minutes with peers.
class Patience {
 public:
  bool lasts(std::chrono::seconds limit) const { return std::chrono::steady_clock::now() - start_ < limit; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};
constexpr std::chrono::seconds for_looks{60}, for_repeats{90}, for_turns{130};

/// One short sample of each promising way; what does not run is said and left out.
std::vector<Measured> look_at_peers(const std::string& work, const std::string& unit, const MeasureOptions& options,
                                    const Patience& patience) {
  if (options.peers.empty()) return {};
  Progress progress(work + ", a look at ways to run its peers", 0);
  std::set<std::pair<std::string, int>> seen;  // peers, with numbers of threads
  return promising_peers(work, unit, options.peers, options.threads, [&](Measured& peer) {
    if (!patience.lasts(for_looks) && seen.contains({peer.peer, peer.threads})) return false;
    progress.advance(1, fmt::format("{} {}, {} threads", peer.peer, peer.variant, peer.threads));
    try {
      measure_peer_undisturbed(peer, 1);
    } catch (const InputError& error) {
      progress.line(fmt::format("left out: {}", error.what()));
      return false;
    }
    seen.emplace(peer.peer, peer.threads);
    return true;
  });
}

/// Ours, with its row.
struct Ours {
  std::unique_ptr<Timed> program;
  Measured row;

  /// A sample, and up to two more while another program is in the way: the one counts that had most of the processor.
  void add_sample(const Workload& work) {
    Timed::Sample best = program->measure();
    for (int i = 0; i < 2 && best.busy < undisturbed * row.threads; ++i)
      if (const Timed::Sample again = program->measure(); again.busy > best.busy) best = again;
    row.samples.push_back(told(work, best.milliseconds));
    row.busy.push_back(best.busy);
  }
};

}  // namespace

std::vector<Measured> measure_interleaved(const Workload& work, const MeasureOptions& options) {
  const std::string name(work.name), unit = unit_of(work);
  const Patience patience;
  std::vector<Measured> peers = look_at_peers(name, unit, options, patience);
  std::vector<Ours> ours;
  for (const int threads : options.threads)
    for (const std::string& provider :
         work.graph ? options.providers : std::vector<std::string>{work.bytes > 0 ? "read" : "memcpy"}) {
      const Provider whose = work.graph ? provider_named("bench", provider) : Provider::own;
      ours.push_back({timed(work, threads, whose), {name, "vitrine", provider, unit, threads}});
      if (options.ungrouped && work.graph)
        ours.push_back({timed(work, threads, whose, false), {name, "ungrouped", provider, unit, threads}});
    }
  for (int i = 0; i < (work.written > 1 ? 1 : 3); ++i)
    for (Ours& one : ours) one.program->run();

  constexpr int in_a_turn = 5;
  const int turns = peers.empty() ? 1 : (options.repeats + in_a_turn - 1) / in_a_turn;
  const int samples = peers.empty() ? options.repeats : std::min(in_a_turn, options.repeats);
  Progress progress(name, static_cast<std::size_t>(turns) * (peers.size() + static_cast<std::size_t>(samples)));
  for (int turn = 0; turn < turns && (turn == 0 || patience.lasts(for_turns)); ++turn) {
    for (int i = 0; i < samples; ++i, progress.advance(1, ""))
      for (Ours& one : ours) one.add_sample(work);
    for (Measured& peer : peers) {
      progress.advance(1, fmt::format("{} {}, {} threads", peer.peer, peer.variant, peer.threads));
      // Where ours is slow so are they: three samples in each turn, or one work would take minutes.
      const bool slow = unit == "ms" && ours[0].row.median() > 250;
      const int wanted = slow ? std::min(3, samples) : samples;
      const bool bound = peer.threads > 1;  // where there is one try, the one that cannot share a core
      patience.lasts(for_repeats) ? measure_peer_undisturbed(peer, wanted) : measure_peer(peer, wanted, bound);
    }
  }
  std::vector<Measured> rows;
  for (Ours& one : ours) rows.push_back(std::move(one.row));
  rows.insert(rows.end(), peers.begin(), peers.end());
  return rows;
}

}  // namespace vitrine
