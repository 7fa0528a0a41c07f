#include "tools/machine_limits.hpp"

#include <cpuid.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>

#include "runtime/write_file.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

constexpr int format = 1;  // one more whenever the loops or the file change

nlohmann::json key_of(const Pool& pool, Isa isa) {
  return {{"format", format}, {"processor", processor_name()}, {"isa", name_of(isa)}, {"threads", pool.threads()}};
}

std::string file_name(const Pool& pool, Isa isa) {
  std::string name = "limits-";
  for (const char c : processor_name())
    name += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c
            : c >= 'A' && c <= 'Z'                           ? static_cast<char>(c + 32)
                                                             : '-';
  return fmt::format("{}-{}-{}.json", name, name_of(isa), pool.threads());
}

std::string text_of(const MachineLimits& limits, nlohmann::json key) {
  key["flops"] = limits.flops;
  for (const MemoryLevel& level : limits.levels)
    key["levels"].push_back({{"bytes", std::isinf(level.bytes) ? nlohmann::json() : nlohmann::json(level.bytes)},
                             {"read", level.read},
                             {"copy", level.copy}});
  return key.dump(2) + "\n";
}

bool can_be(const MachineLimits& limits) {
  const auto is_speed = [](double x) { return x > 0 && std::isfinite(x); };
  double before = 0;
  for (const MemoryLevel& level : limits.levels) {
    if (!is_speed(level.read) || !is_speed(level.copy) || !(level.bytes >= before)) return false;
    before = level.bytes;
  }
  return is_speed(limits.flops) && limits.levels[0].bytes > 0 && std::isinf(limits.levels.back().bytes);
}

/// What a text of ours says; nothing if it is not whole, or about another machine.
std::optional<MachineLimits> limits_in(const std::string& text, const nlohmann::json& key) {
  const nlohmann::json held = nlohmann::json::parse(text, nullptr, false);
  if (!held.is_object()) return {};
  for (const auto& [name, value] : key.items())
    if (!held.contains(name) || held[name] != value) return {};
  MachineLimits made;
  try {
    const nlohmann::json& levels = held.at("levels");
    if (levels.size() != made.levels.size()) return {};
    made.flops = held.at("flops").get<double>();
    for (std::size_t i = 0; i < made.levels.size(); ++i) {
      const nlohmann::json& level = levels.at(i);
      made.levels[i] = {
          level.at("bytes").is_null() ? std::numeric_limits<double>::infinity() : level.at("bytes").get<double>(),
          level.at("read").get<double>(), level.at("copy").get<double>()};
    }
  } catch (const nlohmann::json::exception&) {
    return {};
  }
  if (!can_be(made)) return {};
  return made;
}

std::optional<MachineLimits> limits_kept(const std::filesystem::path& file, const nlohmann::json& key) {
  try {
    return limits_in(read_text(file.string()), key);
  } catch (const InputError&) {
    return {};
  }
}

/// How often another process took a core away from this one.
long times_put_aside() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return used.ru_nivcsw;
}

/// Measures, and whether others wanted the cores meanwhile: an idle machine's own work comes a few times a second.
KnownLimits measured_now(Pool& pool, Isa isa, MachineLimits (*measure)(Pool&, Isa)) {
  constexpr double few = 40;  // times a second
  const long before = times_put_aside();
  const auto start = std::chrono::steady_clock::now();
  KnownLimits made{.limits = measure(pool, isa), .measured = true};
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  made.disturbed = static_cast<double>(times_put_aside() - before) > few * std::max(seconds.count(), 0.1);
  return made;
}

}  // namespace

std::string processor_name() {
  std::array<char, 49> name{};
  for (unsigned part = 0; part < 3; ++part) {
    std::array<unsigned, 4> words{};
    if (!__get_cpuid(0x80000002u + part, &words[0], &words[1], &words[2], &words[3])) return "unknown";
    std::memcpy(name.data() + part * sizeof words, words.data(), sizeof words);
  }
  std::string made = name.data();
  made.erase(0, std::min(made.find_first_not_of(' '), made.size()));
  while (made.ends_with(' ')) made.pop_back();
  return made.empty() ? "unknown" : made;
}

std::filesystem::path cache_folder() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME");
      folder && folder[0] == '/')  // a relative one is to be ignored
    return std::filesystem::path(folder) / "vitrine";
  if (const char* home = std::getenv("HOME"); home && home[0] == '/')
    return std::filesystem::path(home) / ".cache" / "vitrine";
  return {};
}

KnownLimits machine_limits(Pool& pool, Isa isa, const std::filesystem::path& folder, bool measure_again,
                           MachineLimits (*measure)(Pool&, Isa)) {
  const std::filesystem::path file = folder.empty() ? folder : folder / file_name(pool, isa);
  const nlohmann::json key = key_of(pool, isa);
  if (!file.empty() && !measure_again)
    if (const auto kept = limits_kept(file, key)) return {*kept, file, false};
  KnownLimits made = measured_now(pool, isa, measure);
  if (file.empty() || made.disturbed) return made;
  try {
    make_folder(folder);
    write_file(file, text_of(made.limits, key));
    made.file = file;
  } catch (const InputError&) {  // it is only a cache
  }
  return made;
}

}  // namespace vitrine
