#include "tools/audit.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/commands/commands.hpp"
#include "tools/text_file.hpp"

namespace vitrine {

namespace {

constexpr std::size_t page_width = 100;

std::string_view name_of(Module m) { return course()[static_cast<std::size_t>(m)].name; }

/// 1234567 -> "1.23 M"
std::string short_number(double n) {
  const char* unit = "";
  for (const char* larger : {"k", "M", "G", "T"}) {
    if (n < 1000) break;
    n /= 1000;
    unit = larger;
  }
  return fmt::format("{:.{}f} {}", n, *unit == 0 ? 0 : n < 10 ? 2 : n < 100 ? 1 : 0, unit);
}

double percent(double part, double whole) { return whole > 0 ? 100 * part / whole : 0; }

/// "title: a, b, c", broken between words where the page ends, its later lines set in below the first.
template <class Words> void print_wrapped(const std::string& title, const Words& words) {
  std::string line = title;
  const std::string set_in(title.find_first_not_of(' ') + 2, ' ');
  bool first = true;
  for (const auto& word : words) {
    const std::string next = fmt::format("{}{}", first ? " " : ", ", word);
    if (!first && line.size() + next.size() + 1 > page_width) {
      fmt::print("{},\n", line);
      line = fmt::format("{}{}", set_in, word);
    } else {
      line += next;
    }
    first = false;
  }
  fmt::print("{}\n", line);
}

/// "all 4", "mlp, xor", "none".
std::string who(const std::vector<std::string>& some, const Audit& a) {
  if (some.empty()) return "none";
  if (some.size() == a.projects.size()) return fmt::format("all {}", some.size());
  const std::string names = fmt::format("{}", fmt::join(some, ", "));
  return names.size() <= 20 ? names : fmt::format("{} of {}", some.size(), a.projects.size());
}

/// Questions 2 and 3 in a few words.
std::string concept_of(const ModuleAudit& m) {
  const std::size_t reached = m.own_ops.size() + m.formulas.size();
  if (m.module == Module::autograd || m.module == Module::optimizers)
    return fmt::format("yes: a phase, {} nodes", m.total.nodes);
  if (!m.own_ops.empty()) return fmt::format("yes: {} of {} ops", m.own_ops.size(), reached);
  if (reached) return fmt::format("formulas only: {}", reached);
  return m.total.nodes ? fmt::format("a frame of {} nodes", m.total.nodes) : "-";
}
std::string merge_of(const ModuleAudit& m) {
  return m.merges ? fmt::format("into {}", name_of(m.into)) : m.needed_by.empty() ? "-" : "no";
}

void print_questions(const Audit& a) {
  fmt::print("{:<16} {:<21} {:<24} {:<18} {}\n", "module", "needed by", "a concept of its own", "mergeable",
             "without it");
  for (std::size_t i = 0; i < a.modules.size(); ++i) {
    const ModuleAudit& m = a.modules[i];
    if (!m.seen)
      fmt::print("{:02} {:<13} no trace shows it\n", i + 1, name_of(m.module));
    else
      fmt::print("{:02} {:<13} {:<21} {:<24} {:<18} {}\n", i + 1, name_of(m.module), who(m.needed_by, a), concept_of(m),
                 merge_of(m),
                 m.stops.empty() ? "nothing stops" : fmt::format("{} of {} stop", m.stops.size(), a.projects.size()));
  }
  fmt::print(
      "needed by: it has nodes in the training step, or ops in the forward graph. A concept of its own: ops\n"
      "that are no formula of numbers (which map() could write), or a phase. Mergeable: only formulas are\n"
      "needed of it; into what reads their results. Without it: the steps, gradients and updates included,\n"
      "that cannot be built without its ops.\n");
}

void print_share(std::string_view name, const Share& share, const Share& whole) {
  fmt::print("  {:<13} {:>5} {:>5.1f} %  {:>9}FLOP {:>5.1f} %  {:>9}B {:>5.1f} %\n", name, share.nodes,
             percent(static_cast<double>(share.nodes), static_cast<double>(whole.nodes)),
             short_number(share.cost.operations), percent(share.cost.operations, whole.cost.operations),
             short_number(share.cost.bytes), percent(share.cost.bytes, whole.cost.bytes));
}

void print_shares(const Audit& a) {
  fmt::print("\nshares of a training step after every pass: nodes, operations, bytes moved\n");
  for (std::size_t p = 0; p < a.projects.size(); ++p) {
    print_share(a.projects[p], a.whole[p], a.whole[p]);
    for (const ModuleAudit& m : a.modules)
      if (m.shares[p].nodes) print_share(fmt::format("  {}", name_of(m.module)), m.shares[p], a.whole[p]);
  }
  if (a.projects.size() < 2) return;
  print_share("together", a.total, a.total);
  for (const ModuleAudit& m : a.modules)
    if (m.total.nodes) print_share(fmt::format("  {}", name_of(m.module)), m.total, a.total);
}

/// What is used of the modules beside ops.
void print_features(const Audit& a) {
  fmt::print("\nlayers, ways to learn, data and files, and who uses them\n");
  for (const ModuleAudit& m : a.modules) {
    std::vector<std::string> words;
    for (const FeatureAudit& f : a.features)
      if (f.feature->module == m.module && !f.used_by.empty())
        words.push_back(fmt::format("{} ({})", f.feature->name, who(f.used_by, a)));
    if (!words.empty()) print_wrapped(fmt::format("  {}:", name_of(m.module)), words);
  }
}

void print_ops(const Audit& a) {
  fmt::print("\nops that a step reaches, and where else they work\n");
  for (const ModuleAudit& m : a.modules) {
    std::vector<std::string> words(m.own_ops.begin(), m.own_ops.end());
    words.insert(words.end(), m.formulas.begin(), m.formulas.end());
    for (const auto& [worker, nodes] : m.works_for)
      words.push_back(fmt::format("[{} node{} for {}]", nodes, nodes == 1 ? "" : "s", name_of(worker)));
    if (!words.empty()) print_wrapped(fmt::format("  {}:", name_of(m.module)), words);
  }
  print_features(a);
  fmt::print("\nnot needed by any of them\n");
  for (const ModuleAudit& m : a.modules) {
    std::vector<std::string_view> idle(m.not_needed);
    for (const FeatureAudit& f : a.features)
      if (f.feature->module == m.module && f.used_by.empty()) idle.push_back(f.feature->name);
    if (!idle.empty()) print_wrapped(fmt::format("  {}:", name_of(m.module)), idle);
  }
  std::vector<std::string_view> idle;
  for (const PassAudit& p : a.passes)
    if (std::ranges::count(p.rewrites, 0u) == std::ssize(p.rewrites)) idle.push_back(p.pass->name);
  if (!idle.empty()) print_wrapped("  passes:", idle);
  fmt::print("\nrewrites of each pass, in the training step and in the model in use\n");
  for (const PassAudit& p : a.passes) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < a.projects.size(); ++i)
      if (p.rewrites[i]) words.push_back(fmt::format("{} {}", a.projects[i], p.rewrites[i]));
    for (const auto& [module, count] : p.of_module) words.push_back(fmt::format("[{} of {}]", count, name_of(module)));
    if (!words.empty()) print_wrapped(fmt::format("  {}:", p.pass->name), words);
  }
  fmt::print("\nwhat no trace shows\n");
  for (const CourseModule& m : course())
    if (!m.unseen.empty()) fmt::print("  {}: {}\n", m.name, m.unseen);
}

nlohmann::json json_of(const Share& s) {
  return {{"nodes", s.nodes}, {"operations", s.cost.operations}, {"bytes", s.cost.bytes}};
}

nlohmann::json features_of(const Audit& a, Module module) {
  nlohmann::json made = nlohmann::json::array();
  for (const FeatureAudit& f : a.features)
    if (f.feature->module == module)
      made.push_back({{"name", f.feature->name}, {"where", f.feature->where}, {"used_by", f.used_by}});
  return made;
}

nlohmann::json json_of(const Audit& a) {
  nlohmann::json modules = nlohmann::json::array(), passes = nlohmann::json::array();
  const auto by_name = [](const std::map<Module, std::size_t>& counts) {
    nlohmann::json made = nlohmann::json::object();
    for (const auto& [module, count] : counts) made[std::string(name_of(module))] = count;
    return made;
  };
  const auto by_project = [&](const auto& each) {
    nlohmann::json made = nlohmann::json::object();
    for (std::size_t p = 0; p < a.projects.size(); ++p) made[a.projects[p]] = each(p);
    return made;
  };
  for (const ModuleAudit& m : a.modules)
    modules.push_back({{"name", name_of(m.module)},
                       {"seen", m.seen},
                       {"needed_by", m.needed_by},
                       {"own_ops", m.own_ops},
                       {"formulas", m.formulas},
                       {"not_needed", m.not_needed},
                       {"read_by", by_name(m.read_by)},
                       {"merge_into", m.merges ? nlohmann::json(name_of(m.into)) : nlohmann::json()},
                       {"stops", m.stops},
                       {"works_for", by_name(m.works_for)},
                       {"shares", by_project([&](std::size_t p) { return json_of(m.shares[p]); })},
                       {"total", json_of(m.total)},
                       {"features", features_of(a, m.module)},
                       {"unseen", course()[static_cast<std::size_t>(m.module)].unseen}});
  for (const PassAudit& p : a.passes)
    passes.push_back({{"name", p.pass->name},
                      {"rewrites", by_project([&](std::size_t i) { return p.rewrites[i]; })},
                      {"modules", by_name(p.of_module)}});
  return {{"projects", by_project([&](std::size_t p) { return json_of(a.whole[p]); })},
          {"total", json_of(a.total)},
          {"modules", modules},
          {"passes", passes}};
}

}  // namespace

int audit_projects(const Projects& projects, const std::string& json) {
  const Audit a = audit(projects);
  print_questions(a);
  print_shares(a);
  print_ops(a);
  if (!json.empty()) write_text(json, json_of(a).dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
