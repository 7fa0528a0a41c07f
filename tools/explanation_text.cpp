#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "compiler/escape.hpp"
#include "compiler/print.hpp"
#include "tools/explanation.hpp"

namespace vitrine {

namespace {

std::string with_commas(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}
std::string time_text(double nanoseconds) {
  return nanoseconds < 1e3   ? fmt::format("{:.0f} ns", nanoseconds)
         : nanoseconds < 1e6 ? fmt::format("{:.1f} µs", nanoseconds / 1e3)
                             : fmt::format("{:.2f} ms", nanoseconds / 1e6);
}
std::string compiler_line(const std::source_location& at) { return fmt::format("{}:{}", at.file_name(), at.line()); }

class Writer {
 public:
  explicit Writer(const Explanation& e) : e_(e) {}

  std::string write() {
    head();
    life();
    if (e_.life.alive) end();
    remarks();
    mathematics();
    if (e_.life.alive) cost();
    error();
    return std::move(text_);
  }

 private:
  void add(std::string_view words) { text_.append(words).append("\n"); }
  void heading(std::string_view words) { text_.append("\n").append(words).append("\n"); }

  void head() {
    add(e_.line);
    const std::string where = e_.at.line ? fmt::format("{}:{}", visible(e_.at.file), e_.at.line) : "";
    add(fmt::format("  {}{}", where.empty() ? "no line of the program is known" : "written at " + where,
                    e_.at.module.empty() ? "" : ", in module " + visible(e_.at.module)));
    add(fmt::format("  made by {}", e_.born));
    if (!e_.made_for.empty())
      add(fmt::format("  it is part of the {} {}", e_.phase == Phase::gradient ? "derivative of" : "update of",
                      e_.made_for));
  }

  void life() {
    if (e_.life.events.empty()) return heading("Rewrites: none changed it");
    heading(fmt::format("Rewrites: {} had to do with it", e_.life.events.size()));
    for (const LifeEvent& event : e_.life.events) {
      const Rewrite& r = *event.rewrite;
      add(fmt::format("  {}. {}: {} ({})", event.number, r.pass, words(event.what), compiler_line(r.at)));
      add(fmt::format("     {}", visible(r.rule)));
      if (event.what == LifeEvent::What::joined) {
        std::vector<std::string> with;
        for (const Seen& seen : r.matched)
          if (seen.value.id != event.node) with.push_back(visible(name_of(seen.value)));
        constexpr std::size_t most = 12;
        const std::string more = with.size() > most ? fmt::format(" and {} more", with.size() - most) : "";
        with.resize(std::min(with.size(), most));
        add(with.empty() ? "     with no other node" : fmt::format("     with {}{}", fmt::join(with, ", "), more));
        continue;
      }
      if (event.what == LifeEvent::What::stands_for) {
        add(fmt::format("     - {}", visible(line_of(r.matched[0]))));
        add(fmt::format("     = {}", visible(event.after)));
        continue;
      }
      if (!event.before.empty()) add(fmt::format("     - {}", visible(event.before)));
      if (event.what == LifeEvent::What::replaced || event.what == LifeEvent::What::made)
        for (const Seen& seen : r.made)
          if (line_of(seen) != event.after) add(fmt::format("     + {}", visible(line_of(seen))));
      if (!event.after.empty())
        add(fmt::format("     {} {}",
                        makes(r, event)                           ? "+"
                        : event.what == LifeEvent::What::replaced ? "="
                                                                  : "+",
                        visible(event.after)));
    }
    if (!e_.life.alive) {
      add("  the compiled program does not compute it");
      if (!e_.replaced_by.empty()) add(fmt::format("  in its place: {}", e_.replaced_by));
    }
  }
  static bool makes(const Rewrite& r, const LifeEvent& event) {
    for (const Seen& seen : r.made)
      if (line_of(seen) == event.after) return true;
    return event.what != LifeEvent::What::replaced;
  }

  void end() {
    heading("In the compiled program");
    if (e_.last_line != e_.line) add("  " + e_.last_line);
    for (const std::string& result : e_.results) add("  it is " + result);
    if (!e_.next_line.empty()) add(fmt::format("  at the end of a run it becomes {}", e_.next_line));
    const ValuePlace& p = e_.place;
    for (const ValuePlace::InStep& in : p.computed_in) {
      add(fmt::format("  step {} of {}{}: {}", in.number, p.steps, in.once ? ", run once when it is loaded" : "",
                      in.what));
      add(fmt::format("    kernel {}{}; predicted {} for the whole step", in.kernel,
                      in.reason.empty() ? "" : ": " + in.reason, time_text(in.nanoseconds)));
    }
    if (p.is_view) add(fmt::format("  a view: the bytes of %{}, read in another way", p.looks_at));
    const bool computed = !p.computed_in.empty();
    if (!computed && !p.slot && !p.is_view && e_.results.empty())
      add("  no step of its own: a number in what reads it, or a step's operand as it lies");
    if (computed && !p.slot && !p.is_view) add("  not stored: it stays in cache inside its step");
    if (p.computed_in.size() > 1) add("  computed again rather than kept, so that the arena stays smaller");
    if (p.slot) slot(*p.slot);
    if (!p.read_in.empty()) add(fmt::format("  read by {}", steps(p.read_in)));
  }

  static std::string steps(const std::vector<std::size_t>& numbers) {
    std::string made;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (i == 8) return fmt::format("steps {} and {} more", made, numbers.size() - i);
      made += fmt::format("{}{}", i ? ", " : "", numbers[i]);
    }
    return fmt::format("step{} {}", numbers.size() == 1 ? "" : "s", made);
  }

  void slot(const Slot& s) {
    const auto bytes = with_commas(static_cast<double>(s.type.bytes()));
    if (s.space != Space::arena) {
      const std::string_view whose = s.space == Space::input   ? "the caller's input"
                                     : s.space == Space::state ? "a state"
                                                               : "a constant of the plan";
      return add(fmt::format("  lies in {}: {} bytes", whose, bytes));
    }
    const ValuePlace& p = e_.place;
    add(fmt::format("  lies in the arena at offset {}, {} bytes of {}{}", with_commas(static_cast<double>(s.offset)),
                    bytes, with_commas(static_cast<double>(p.arena_bytes)),
                    p.lifetime ? fmt::format(", from step {} to step {}", p.lifetime->first, p.lifetime->last) : ""));
    for (std::size_t i = 0; i < p.shares_with.size(); ++i) {
      if (i == 4) return add(fmt::format("    and {} more", p.shares_with.size() - i));
      const ValuePlace::Neighbour& n = p.shares_with[i];
      add(fmt::format("    there at other times: {}%{}, {} bytes from offset {}, steps {} to {}",
                      n.workspace ? "workspace of " : "", n.node, with_commas(static_cast<double>(n.bytes)),
                      with_commas(static_cast<double>(n.offset)), n.first, n.last));
    }
  }

  void remarks() {
    if (e_.life.remarks.empty()) return;
    heading("Why not?");
    for (const Refusal* r : e_.life.remarks) {
      add(fmt::format("  {}: not {} ({})", r->pass, visible(r->rule), compiler_line(r->at)));
      add(fmt::format("    {}", visible(line_of(r->candidate))));
      add(fmt::format("    because {}", visible(r->reason)));
      if (!r->suggestion.empty()) add(fmt::format("    to change that: {}", visible(r->suggestion)));
    }
  }

  void mathematics() {
    if (e_.mathematics.rule.empty()) return;
    heading("As mathematics");
    add("  " + e_.mathematics.rule);
    add(fmt::format("  derivative: {}", e_.mathematics.derivative.empty() ? "none" : e_.mathematics.derivative));
    constexpr std::size_t most = 6;
    for (std::size_t i = 0; i < std::min(e_.derivative_nodes.size(), most); ++i)
      add(fmt::format("  {} {}", i ? "              " : "in this graph:", e_.derivative_nodes[i]));
    if (e_.derivative_nodes.size() > most) add(fmt::format("  and {} more", e_.derivative_nodes.size() - most));
  }

  void cost() {
    if (e_.place.computed_in.empty() && e_.operations == 0) return;
    heading("Cost");
    add(fmt::format("  {} operations; {} bytes through memory by itself, {} as part of its step",
                    with_commas(e_.operations), with_commas(e_.bytes), with_commas(e_.bytes_in_step)));
  }

  void error() {
    const NodeError& r = e_.error;
    if (r.type.empty() && r.not_measured.empty()) return;
    heading("Error");
    if (!r.not_measured.empty()) return add(fmt::format("  not measured: {}", r.not_measured));
    if (!r.numbers)
      return add(fmt::format("  at {}: {} of {} elements differ from the reference", r.type, r.differ, r.elements)),
             r.alone ? add(alone) : void();
    add(fmt::format("  at {}: at most {:.2g} beside the reference in double, whose largest is {:.3g}", r.type,
                    r.largest, r.scale));
    add(fmt::format("  {:.2g} of what rounding allows; the same definitions in f32 are off by {:.2g}", r.share,
                    r.reference));
    if (r.alone) add(alone);
  }

  static constexpr std::string_view alone =
      "  its step stores it nowhere: this is the program that runs every op by itself, which makes the same bits";
  const Explanation& e_;
  std::string text_{};
};

}  // namespace

std::string text(const Explanation& e) { return Writer(e).write(); }

std::string json(const Explanation& e) {
  using nlohmann::json;
  json made{{"node", e.node},
            {"text", e.line},
            {"file", visible(e.at.file)},
            {"line", e.at.line},
            {"module", visible(e.at.module)},
            {"phase", e.phase == Phase::forward    ? "forward"
                      : e.phase == Phase::gradient ? "gradient"
                                                   : "update"},
            {"made_by", e.born},
            {"made_for", e.made_for},
            {"nodes", e.life.nodes},
            {"alive", e.life.alive},
            {"last_text", e.last_line},
            {"replaced_by", e.replaced_by},
            {"rule", e.mathematics.rule},
            {"derivative", e.mathematics.derivative},
            {"derivative_nodes", e.derivative_nodes},
            {"results", e.results}};
  for (const char* key : {"rewrites", "remarks", "computed_in", "shares_with"}) made[key] = json::array();
  for (const LifeEvent& event : e.life.events)
    made["rewrites"].push_back({{"number", event.number},
                                {"pass", event.rewrite->pass},
                                {"rule", visible(event.rewrite->rule)},
                                {"at", compiler_line(event.rewrite->at)},
                                {"what", words(event.what)},
                                {"node", event.node},
                                {"before", visible(event.before)},
                                {"after", visible(event.after)}});
  for (const Refusal* r : e.life.remarks)
    made["remarks"].push_back({{"pass", r->pass},
                               {"rule", visible(r->rule)},
                               {"at", compiler_line(r->at)},
                               {"candidate", r->candidate.id},
                               {"reason", visible(r->reason)},
                               {"suggestion", visible(r->suggestion)}});
  for (const ValuePlace::InStep& in : e.place.computed_in)
    made["computed_in"].push_back({{"step", in.number},
                                   {"what", in.what},
                                   {"kernel", in.kernel},
                                   {"reason", in.reason},
                                   {"predicted_ns", in.nanoseconds},
                                   {"once", in.once},
                                   {"stores", in.stores}});
  made["steps"] = e.place.steps;
  made["read_in"] = e.place.read_in;
  if (e.place.is_view) made["looks_at"] = e.place.looks_at;
  if (e.place.slot)
    made["slot"] = {{"space", e.place.slot->space == Space::arena   ? "arena"
                              : e.place.slot->space == Space::input ? "input"
                              : e.place.slot->space == Space::state ? "state"
                                                                    : "constant"},
                    {"offset", e.place.slot->offset},
                    {"bytes", e.place.slot->type.bytes()}};
  if (e.place.lifetime) made["lifetime"] = {{"first", e.place.lifetime->first}, {"last", e.place.lifetime->last}};
  for (const ValuePlace::Neighbour& n : e.place.shares_with)
    made["shares_with"].push_back({{"node", n.node},
                                   {"workspace", n.workspace},
                                   {"offset", n.offset},
                                   {"bytes", n.bytes},
                                   {"first", n.first},
                                   {"last", n.last}});
  made["cost"] = {{"operations", e.operations}, {"bytes", e.bytes}, {"bytes_in_step", e.bytes_in_step}};
  const NodeError& r = e.error;
  made["error"] = {{"measured", r.not_measured.empty() && !r.type.empty()},
                   {"why_not", r.not_measured},
                   {"type", r.type},
                   {"elements", r.elements},
                   {"largest", r.largest},
                   {"scale", r.scale},
                   {"reference_f32", r.reference},
                   {"share_of_allowed", r.share},
                   {"differ", r.differ},
                   {"alone", r.alone}};
  return made.dump(2) + "\n";
}

}  // namespace vitrine
