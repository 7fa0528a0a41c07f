#include "tools/report/measured_profile.hpp"

#include <set>

#include "vitrine/error.hpp"

namespace vitrine {

namespace {

using Json = nlohmann::json;
using Made = nlohmann::ordered_json;

/// A file may hold anything: every member is asked for by name and kind.
const Json& member(const Json& of, const char* name) {
  const auto at = of.is_object() ? of.find(name) : of.end();
  if (!of.is_object() || at == of.end()) throw InputError(fmt::format("it has no \"{}\"", name));
  return *at;
}
const Json& list(const Json& of, const char* name) {
  const Json& found = member(of, name);
  if (!found.is_array()) throw InputError(fmt::format("its \"{}\" is no list", name));
  return found;
}
double number(const Json& of, const char* name) {
  const Json& found = member(of, name);
  if (!found.is_number()) throw InputError(fmt::format("its \"{}\" is no number", name));
  return found.get<double>();
}
std::string words(const Json& of, const char* name) {
  const Json& found = member(of, name);
  if (!found.is_string()) throw InputError(fmt::format("its \"{}\" is no text", name));
  return found.get<std::string>();
}
/// Six digits are more than a clock knows.
Made rounded(double x) { return std::strtod(fmt::format("{:.6g}", x).c_str(), nullptr); }

std::set<std::uint32_t> nodes_of(const Json& step) {
  std::set<std::uint32_t> made;
  for (const Json& node : list(step, "nodes")) {
    const double id = number(node, "id");
    if (!(id >= 0 && id < 4294967296.0)) throw InputError(fmt::format("{} is no node's id", id));
    made.insert(static_cast<std::uint32_t>(id));
  }
  return made;
}

Made read(const Json& file, const Plan& plan) {
  Made made;
  for (const char* name : {"processor", "isa", "provider"}) made[name] = words(file, name);
  for (const char* name : {"threads", "runs", "run_us", "steps_us"}) made[name] = rounded(number(file, name));
  const Json& limits = member(file, "limits");
  made["gflop_s"] = rounded(number(limits, "gflop_s"));
  made["levels"] = Made::array();
  for (const Json& level : list(limits, "levels"))
    made["levels"].push_back(
        {words(level, "name"), rounded(std::max(number(level, "read_gb_s"), number(level, "copy_gb_s")))});

  std::map<std::set<std::uint32_t>, std::size_t> numbers;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (!plan.steps[i].once) numbers[{plan.steps[i].nodes.begin(), plan.steps[i].nodes.end()}] = i;
  made["steps"] = Made::array();
  for (const Json& step : list(file, "steps")) {
    auto at = numbers.find(nodes_of(step));
    if (at == numbers.end() && words(step, "what") == "copy") continue;
    if (at == numbers.end())
      throw InputError(
          fmt::format("its step {} ({}) is none of this program's; profile the same model and step, with "
                      "the same version of Vitrine",
                      number(step, "step"), words(step, "what")));
    made["steps"].push_back({at->second, rounded(number(step, "measured_us")), rounded(number(step, "share")),
                             rounded(number(step, "limit_us")), words(step, "bound_by"), words(step, "level")});
  }
  made["saves"] = Made::array();
  for (const Json& refused : list(file, "refused_fusions")) {
    const Json& consumer = member(refused, "consumer");
    made["saves"].push_back({number(refused, "producer"), consumer.is_number() ? Made(consumer) : Made(-1),
                             words(refused, "reason"), rounded(number(refused, "saves_us"))});
  }
  return made;
}

}  // namespace

nlohmann::ordered_json measured_profile(const std::string& text, const std::string& file, const Plan& plan) {
  try {
    return read(Json::parse(text), plan);
  } catch (const Json::parse_error&) {
    throw InputError(file + ": is no JSON; give the profile.json that 'vitrine profile' wrote");
  } catch (const InputError& error) {
    throw InputError(file + ": does not belong to this report: " + error.what() +
                     "; give the profile.json that 'vitrine profile' wrote for this model");
  }
}

}  // namespace vitrine
