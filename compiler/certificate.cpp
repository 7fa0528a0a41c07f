#include "compiler/certificate.hpp"

#include <algorithm>

#include "compiler/compile.hpp"
#include "compiler/print.hpp"
#include "compiler/verify.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// The value of a node that a pass made, from those of its operands.
void add_value(const Graph& graph, const Moment& moment, std::uint32_t id, Values<float>& values) {
  if (values.contains(id)) return;
  const Graph alone = cut_out(graph, moment, {id}, {id}, "made");
  Values<float> leaves;
  for (Value v : alone.topological())
    if (!v.op() && v.node().leaf != Leaf::constant) leaves[v.id] = values.at(v.id);
  values[id] = evaluate<float>(alone, leaves).at(id);
}

std::string first_difference(const Graph& before, const Graph& after, const Values<float>& was,
                             const Values<float>& is) {
  for (std::size_t i = 0; i < before.outputs().size(); ++i) {
    const auto& [name, a] = before.outputs()[i];
    const Value b = after.outputs()[i].second;
    const std::string off = first_difference(a.type(), was.at(a.id), is.at(b.id));
    if (!off.empty()) return "output '" + name + "'" + off;
  }
  for (std::size_t i = 0; i < before.updates().size(); ++i) {
    const auto& [state, a] = before.updates()[i];
    const std::string off = first_difference(a.type(), was.at(a.id), is.at(after.updates()[i].second.id));
    if (!off.empty()) return "the next value of '" + state.node().name + "'" + off;
  }
  return "";
}

/// Whether both graphs hand out the same names and update the same states.
bool hand_out_the_same(const Graph& a, const Graph& b) {
  const auto same_state = [](const auto& x, const auto& y) { return x.first.id == y.first.id; };
  return std::ranges::equal(a.outputs(), b.outputs(), {}, &std::pair<std::string, Value>::first,
                            &std::pair<std::string, Value>::first) &&
         std::ranges::equal(a.updates(), b.updates(), same_state);
}

/// What the pass found: the old side of a rewrite, with what is read elsewhere handed out too.
Graph old_side(const Graph& before, const Moment& moment, const Rewrite& rewrite, const Graph& piece) {
  std::set<std::uint32_t> inside;
  for (Value v : piece.topological())
    if (v.op() && before.find(v.id)) inside.insert(v.id);
  std::vector<std::uint32_t> results;
  for (const Seen& seen : rewrite.matched)
    if (moment.read_outside(seen.value.id, inside)) results.push_back(seen.value.id);
  for (const std::uint32_t id : inside)
    if (std::ranges::find(results, id) == results.end() && moment.read_outside(id, inside)) results.push_back(id);
  return cut_out(before, moment, inside, results, "reproducer");
}

}  // namespace

PassCertificate& Certifier::row(const Pass& pass) {
  const auto known = std::ranges::find(certificate_.passes, pass.name, &PassCertificate::pass);
  if (known != certificate_.passes.end()) return *known;
  certificate_.passes.push_back({std::string(pass.name), pass.contract});
  return certificate_.passes.back();
}

void Certifier::check_plan_of(const Graph& graph) {
  try {
    compile(graph, machinery_.target);
  } catch (const InternalError& error) {
    plans_hold_ = false;  // every later plan would only repeat it
    certificate_.breaks.push_back({.pass = "plan", .why = error.what(), .reproducer = graph, .leaves = leaves_});
  }
}

std::string Certifier::whole_graph(const Graph& before, const Graph& after, const Pass& pass) const {
  try {
    verify(after);
    if (plans_hold_) compile(after, machinery_.target);
  } catch (const InternalError& error) {
    return error.what();
  }
  if (pass.contract == Contract::changes) return "";
  if (!hand_out_the_same(before, after)) return "the graph hands out other outputs, or updates other states";
  if (pass.contract != Contract::exact) return "";
  return first_difference(before, after, evaluate<float>(before, leaves_), evaluate<float>(after, leaves_));
}

std::size_t Certifier::first_guilty(const Graph& before, const Pass& pass, std::size_t rewrites) const {
  const auto is_wrong_after = [&](std::size_t count) {
    Graph graph(before);
    try {
      optimize(graph, std::array{pass}, {.verify_each = false, .most_rewrites = count});
    } catch (const InternalError&) {
      return true;
    }
    return !whole_graph(before, graph, pass).empty();
  };
  if (!is_wrong_after(rewrites)) return 0;
  std::size_t good = 0;
  while (rewrites - good > 1) {
    const std::size_t middle = (good + rewrites) / 2;
    (is_wrong_after(middle) ? rewrites : good) = middle;
  }
  return rewrites;
}

bool Certifier::has_break_of(std::string_view stage) const {
  return std::ranges::find(certificate_.breaks, stage, &Break::pass) != certificate_.breaks.end();
}

bool Certifier::accepts(const Graph& before, const Graph& after, const Pass& pass, std::span<const Rewrite> rewrites) {
  PassCertificate& seen = row(pass);
  seen.rewrites += rewrites.size();
  Moment moment(before);
  Values<float> values = evaluate<float>(before, leaves_);
  for (const Rewrite& rewrite : rewrites) {
    moment.add_made(rewrite);
    std::optional<Trial> trial;
    if (rewrite.groups)
      trial = try_group(after, moment, rewrite, machinery_.load, values, tried_);
    else if (rewrite.by && pass.contract != Contract::changes) {
      for (const Seen& made : rewrite.made) add_value(after, moment, made.value.id, values);
      trial = try_replacement(after, moment, rewrite, pass, values, tried_);
    }
    if (trial) {
      seen.trials += trial->trials, seen.elements += trial->elements;
      seen.worst = std::max(seen.worst, trial->worst);
      if (!trial->why.empty()) {
        const bool goes_on = trial->is_kernels_fault;
        report(before, pass, moment, rewrite, std::move(*trial));
        if (!goes_on) return false;
      }
    }
    moment.apply(rewrite);
  }
  const std::string why = whole_graph(before, after, pass);
  if (!why.empty()) report(before, pass, rewrites, why);
  return why.empty();
}

void Certifier::broke(const Graph& before, const Pass& pass, std::span<const Rewrite> rewrites,
                      const std::string& why) {
  row(pass).rewrites += rewrites.size();
  report(before, pass, rewrites, why);
}

namespace {
Break broken_by(const Pass& pass, const Rewrite& rewrite, std::string why) {
  return {.pass = std::string(pass.name),
          .rule = rewrite.rule,
          .at = rewrite.at,
          .node = line_of(rewrite.matched.front()),
          .place = rewrite.matched.front().value.node().at,
          .why = std::move(why)};
}
}  // namespace

void Certifier::report(const Graph& before, const Pass& pass, const Moment& moment, const Rewrite& rewrite,
                       Trial trial) {
  Break made = broken_by(pass, rewrite, std::move(trial.why));
  if (trial.is_kernels_fault) {
    if (has_break_of("program")) return;  // every step with this kernel would say the same
    made.pass = "program", made.rule.clear(), made.at = {};
  }
  if (reproduce_) {
    made.reproducer = old_side(before, moment, rewrite, trial.piece);
    made.leaves = std::move(trial.leaves);
    if (!breaks(made.reproducer, pass, made.leaves, machinery_)) made.reproducer = before, made.leaves = leaves_;
  }
  certificate_.breaks.push_back(std::move(made));
}

void Certifier::report(const Graph& before, const Pass& pass, std::span<const Rewrite> rewrites, std::string why) {
  const std::size_t guilty = first_guilty(before, pass, rewrites.size());
  Break made = guilty > 0 ? broken_by(pass, rewrites[guilty - 1], std::move(why))
                          : Break{.pass = std::string(pass.name), .why = std::move(why)};
  if (reproduce_) made.reproducer = before, made.leaves = leaves_;
  certificate_.breaks.push_back(std::move(made));
}

bool breaks(const Graph& graph, const Pass& pass, const Values<float>& leaves, const Machinery& machinery) {
  Certifier certifier(leaves, machinery, false);
  Graph copy(graph);
  optimize(copy, std::array{pass}, {.judge = &certifier});
  return !certifier.certificate().holds();
}

}  // namespace vitrine
