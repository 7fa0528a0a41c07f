#include "runtime/provider_table.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace vitrine {

namespace {

using enum Contraction::Form;
constexpr ProviderSpeeds avx512[]{
#include "runtime/provider_table_avx512.inc"
};

/// A size as far as it matters: images of a convolution are chunks of work, and more of them more of the same.
double size_of(const Contraction& work, std::size_t i) {
  const bool images = i == 0 && !work.is_product();
  return static_cast<double>(images ? std::min<std::uint64_t>(work.sizes[i], 64) : work.sizes[i]);
}

/// How far apart two works are, in powers of two; nothing if too far or of another form.
std::optional<double> distance(const Contraction& a, const Contraction& b) {
  if (a.form != b.form) return {};
  double sum = 0;
  for (std::size_t i = 0; i < a.sizes.size(); ++i) {
    const double apart = std::abs(std::log2(size_of(a, i) / size_of(b, i)));
    if (!(apart <= 2)) return {};  // 0 is infinitely far from everything
    sum += apart;
  }
  return sum;
}

}  // namespace

std::span<const ProviderSpeeds> provider_speeds(Isa isa) {
  if (isa == Isa::avx512) return avx512;
  return {};
}

const ProviderSpeeds* most_alike(std::span<const ProviderSpeeds> table, const Contraction& work) {
  const ProviderSpeeds* best = nullptr;
  double least = 0;
  for (const ProviderSpeeds& row : table) {
    const auto apart = distance(row.work, work);
    if (!apart || (best && *apart >= least)) continue;
    best = &row, least = *apart;
  }
  return best;
}

Provider faster_provider(std::span<const ProviderSpeeds> table, const Contraction& work) {
  constexpr double worth_a_choice = 1.05, worth_a_library_ns = 50'000;
  const ProviderSpeeds* const row = most_alike(table, work);
  if (!row) return Provider::own;
  for (std::size_t i = 0; i < row->own.size(); ++i)
    if (!(row->onednn[i] > worth_a_choice * row->own[i])) return Provider::own;
  const double saved = work.multiply_adds() * (1 / row->own[0] - 1 / row->onednn[0]);
  return saved >= worth_a_library_ns ? Provider::onednn : Provider::own;
}

std::string reason_for(std::span<const ProviderSpeeds> table, const Contraction& work) {
  const ProviderSpeeds* const row = most_alike(table, work);
  if (!row) return "the provider table has nothing like it";
  const auto speeds = [](const std::array<float, 2>& of) {
    return std::to_string(std::lround(of[0])) + " and " + std::to_string(std::lround(of[1]));
  };
  std::size_t last = row->work.sizes.size();
  while (last > 1 && row->work.sizes[last - 1] == 1) --last;
  std::string name(row->work.name());
  std::ranges::replace(name, '_', ' ');
  for (std::size_t i = 0; i < last; ++i) name += " " + std::to_string(row->work.sizes[i]);
  return "for " + name + " the table has ours at " + speeds(row->own) + " multiply-adds a ns, oneDNN at " +
         speeds(row->onednn) + " (1 and 2 threads)";
}

}  // namespace vitrine
