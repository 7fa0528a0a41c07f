#include "tools/peer_look.hpp"

#include <algorithm>

#include "tools/peer_variants.hpp"

namespace vitrine {

namespace {

bool is_better(const Measured& a, const Measured& b) {
  return a.more_is_better() ? a.best() > b.best() : a.best() < b.best();
}

/// PyTorch's ways on one work.
class TorchSearch {
 public:
  TorchSearch(const std::string& work, const std::string& unit, const Look& look)
      : work_(work), unit_(unit), look_(look), variants_(torch_variants(work)) {}

  std::vector<Measured> at(int threads) {
    std::vector<Measured> looked_at;
    const auto look_at = [&](const std::string& way, const std::string& core) {
      Measured peer{.work = work_, .peer = "torch", .variant = with_core(way, core), .unit = unit_, .threads = threads};
      if (look_(peer)) looked_at.push_back(std::move(peer));
    };
    if (variants_.ways.empty()) return {};
    if (!core_known_) {
      for (const std::string& core : variants_.cores) look_at(variants_.ways[0], core);
      for (const std::string& core : variants_.cores)
        if (!looked_at.empty() &&
            std::ranges::min_element(looked_at, is_better)->variant == with_core(variants_.ways[0], core))
          core_ = core;
      for (std::size_t i = 1; i < variants_.ways.size(); ++i) look_at(variants_.ways[i], core_);
      remember(looked_at);
    } else {
      for (const std::string& way : variants_.ways) look_at(way, core_);
    }
    return looked_at;
  }

 private:
  void remember(const std::vector<Measured>& looked_at) {
    core_known_ = true;
    std::vector<Measured> by_merit = looked_at;
    std::ranges::stable_sort(by_merit, is_better);
    std::vector<std::string> better;
    for (const Measured& peer : by_merit)
      for (const std::string& way : variants_.ways)
        if (peer.variant == with_core(way, core_)) better.push_back(way);
    better.resize((better.size() + 1) / 2);
    variants_.ways = better;
  }

  const std::string& work_;
  const std::string& unit_;
  const Look& look_;
  TorchVariants variants_;
  std::string core_{};
  bool core_known_ = false;
};

}  // namespace

std::vector<Measured> worth_measuring(std::vector<Measured> looked_at) {
  std::ranges::stable_sort(looked_at, is_better);
  std::vector<Measured> kept;
  for (const bool eight_bits : {false, true}) {
    std::vector<Measured> these;
    std::ranges::copy_if(looked_at, std::back_inserter(these),
                         [&](const Measured& peer) { return in_eight_bits(peer) == eight_bits; });
    for (std::size_t i = 0; i < these.size() && i < 2; ++i)
      if (these[0].times_as_fast_as(these[i]) < 1.1) kept.push_back(these[i]);
  }
  for (Measured& peer : kept) peer.samples.clear(), peer.busy.clear();
  return kept;
}

std::vector<Measured> promising_peers(const std::string& work, const std::string& unit,
                                      const std::vector<std::string>& peers, const std::vector<int>& threads,
                                      const Look& look) {
  std::vector<Measured> kept;
  TorchSearch torch(work, unit, look);
  for (const int count : threads) {
    if (std::ranges::find(peers, "torch") != peers.end())
      for (Measured& peer : worth_measuring(torch.at(count))) kept.push_back(std::move(peer));
    if (std::ranges::find(peers, "onnxruntime") != peers.end())
      for (const std::string& variant : onnxruntime_variants(work)) {
        Measured peer{.work = work, .peer = "onnxruntime", .variant = variant, .unit = unit, .threads = count};
        if (!look(peer)) continue;
        peer.samples.clear(), peer.busy.clear();
        kept.push_back(std::move(peer));
      }
  }
  return kept;
}

}  // namespace vitrine
