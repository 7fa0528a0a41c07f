#include "tools/report/report_json.hpp"

#include <cmath>

#include "compiler/constant_text.hpp"
#include "compiler/cost.hpp"
#include "compiler/escape.hpp"
#include "compiler/print.hpp"
#include "compiler/rule_page.hpp"
#include "tools/report/op_math.hpp"
#include "tools/step_facts.hpp"
#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

using Json = nlohmann::ordered_json;

class Writer {
 public:
  Writer(const History& history, const ReportFacts& facts) : history_(history), facts_(facts) {}

  std::string write(std::size_t most_boxes) {
    Json made;
    made["name"] = history_.graph.name();
    made["model"] = facts_.model;
    made["step"] = facts_.step;
    made["isa"] = facts_.isa;
    made["traced"] = history_.traced;
    const Scene scene = facts_.against ? scene_of(history_, *facts_.against) : scene_of(history_);
    const Folding folding = folding_of(scene);
    made["nodes"] = nodes(scene);
    made["ops"] = ops_;
    made["outputs"] = history_.outputs;
    made["updates"] = history_.updates;
    made["learned"] = history_.learned_updates;
    made["turns"] = turns();
    made["changes"] = changes();
    made["refusals"] = refusals();
    made["rules"] = rules_;
    made["plan"] = plan();
    made["families"] = history_.families;
    made["drawn_as"] = folding.any ? Json(folding.drawn_as) : Json(nullptr);
    made["maps"] = maps(scene, folding, most_boxes);
    made["against"] = facts_.against ? against(*facts_.against) : Json(nullptr);
    made["profile"] = facts_.profile;
    made["errors"] = errors();
    made["strings"] = strings_;
    // A name may be no UTF-8: what is no character is U+FFFD.
    return made.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

 private:
  std::size_t text(const std::string& words) {
    const auto [at, fresh] = numbers_.try_emplace(words, strings_.size());
    if (fresh) strings_.push_back(words);
    return at->second;
  }
  static std::int64_t whole(double x) { return std::llround(x); }
  static std::int64_t id(std::uint32_t node) { return node == Change::none ? -1 : std::int64_t{node}; }

  std::size_t op_number(const Op& op, const History& history, std::uint32_t node) {
    std::vector<Type> in;
    for (const std::uint32_t operand : history.operands[node]) in.push_back(node_of(history, operand).type);
    const OpMath math = math_of(op, in);
    Json page{op.name(), name_of(op.info->doc.kind), math.rule, math.derivative, math.sign};
    const auto [at, fresh] =
        op_numbers_.try_emplace(page.dump(-1, ' ', false, Json::error_handler_t::replace), ops_.size());
    if (fresh) ops_.push_back(std::move(page));
    return at->second;
  }

  static std::string attributes_of(const Node& node) {
    std::string made;
    if (node.op)
      for (const Attribute& a : node.op->info->print(node.op->attributes.get()))
        made += (made.empty() ? "" : ", ") + a.name + " = " + a.text;
    return made;
  }
  static std::string elements_of(const Node& node) {
    constexpr std::size_t most = 4;
    const std::size_t count = node.type.shape.elements();
    std::string made;
    for (std::size_t i = 0; i < std::min(count, most); ++i) made += (i ? ", " : "") + element_text(node, i);
    return count > most ? made + ", …" : made;
  }

  Json nodes(const Scene& scene) {
    const auto costs = costs_of(history_.graph);
    Json made = Json::array();
    for (std::uint32_t i = 0; i < history_.operands.size(); ++i) {
      if (!scene[i].was_there()) {
        made.push_back(nullptr);
        continue;
      }
      const auto known = costs.find(i);
      const auto family = history_.family.find(i);
      made.push_back(node(history_, i, scene[i], known == costs.end() ? nullptr : &known->second));
      Json& told = made.back();
      if (family != history_.family.end()) told[14] = family->second;
      if (i < history_.groups.size()) told[16] = history_.groups[i];
    }
    if (!facts_.against) return made;
    const auto costs_there = costs_of(facts_.against->other.graph);
    for (const std::uint32_t id : facts_.against->own) {
      const auto known = costs_there.find(id);
      made.push_back(
          node(facts_.against->other, id, scene[made.size()], known == costs_there.end() ? nullptr : &known->second));
      made.back().push_back(id);
    }
    return made;
  }
  Json node(const History& history, std::uint32_t id, const Drawn& drawn, const Cost* in_its_step) {
    const Node& node = *drawn.node;
    const Value v{const_cast<Graph*>(&history.graph), id};
    const Cost cost = in_its_step ? *in_its_step : cost_of(v);
    const std::string name = node.op ? "" : node.leaf == Leaf::constant ? elements_of(node) : name_of(v);
    return {static_cast<int>(node.leaf),
            node.op ? static_cast<int>(op_number(*node.op, history, id)) : -1,
            text(drawn.place.title),
            text(name),
            text((Sentence{} << node.type).str()),
            static_cast<int>(drawn.place.lane == Lane::update ? Phase::update : node.phase),
            text(drawn.place.module),
            text(node.at.line ? node.at.file : ""),
            node.at.line,
            drawn.operands,
            drawn.origin,
            text(attributes_of(node)),
            whole(cost.operations),
            whole(cost.bytes),
            -1,
            drawn.place.drawn ? 1 : 0,
            0};
  }

  Json turns() {
    Json made = Json::array();
    for (const Turn& turn : history_.turns)
      made.push_back({text(turn.pass), turn.round, turn.first, turn.changes, turn.nodes, turn.arena, turn.lower_bound,
                      turn.steps, whole(turn.nanoseconds),
                      turn.told ? text(std::string(name_of(turn.told->contract))) : text("stage"),
                      text(turn.told ? std::string(turn.told->equation) : "")});
    return made;
  }

  /// What a learner reads of a rule; kept once for each rule that is told of.
  std::size_t rule(const std::string& name) {
    const std::size_t number = text(name);
    if (const RulePage* page = rule_page(name))
      rules_[std::to_string(number)] = {text(std::string(page->statement)), text(std::string(page->legal_if))};
    return number;
  }

  Json changes() {
    Json made = Json::array();
    for (const Change& c : history_.changes)
      made.push_back({static_cast<int>(c.kind), rule(c.rule), text(c.file), c.line, c.matched, c.made, id(c.by)});
    return made;
  }

  Json refusals() {
    Json made = Json::array();
    for (const TurnedDown& r : history_.refusals)
      made.push_back({text(r.pass), rule(r.rule), text(r.file), r.line, id(r.candidate), id(r.producer), id(r.consumer),
                      text(r.reason), text(r.suggestion)});
    return made;
  }

  Json plan() {
    const Plan& plan = history_.plan;
    Json steps = Json::array(), lifetimes = Json::array();
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const Step& step = plan.steps[i];
      const StepFacts facts = facts_of(history_.graph, plan, i);
      steps.push_back({step.nodes, text(facts.what), text(step.choice.kernel), text(step.choice.reason),
                       whole(step.choice.nanoseconds), whole(facts.operations), whole(facts.bytes_read),
                       whole(facts.bytes_written), step.once ? 1 : 0, text(std::string(name_of(facts.kind)))});
    }
    for (const Lifetime& life : plan.lifetimes)
      lifetimes.push_back({life.node, life.workspace ? 1 : 0, life.offset, life.bytes, life.first, life.last});
    return {{"arena", plan.arena_bytes},
            {"bound", plan.lower_bound},
            {"planner", text(plan.planner)},
            {"steps", std::move(steps)},
            {"lives", std::move(lifetimes)}};
  }

  /// What the other compilation made of it, and where the two differ.
  Json against(const Comparison& comparison) {
    const History& other = comparison.other;
    Json turns = Json::array(), points = Json::array(), differences = Json::array(), rules = Json::array(),
         made_there = Json::array(), births = Json::array();
    for (const Turn& turn : other.turns)
      turns.push_back({text(turn.pass), turn.round, turn.changes, turn.nodes, turn.arena, turn.lower_bound, turn.steps,
                       whole(turn.nanoseconds)});
    for (const Comparison::Point& point : comparison.points) points.push_back({point.turn, point.differences});
    for (const Differences& each : comparison.differences) differences.push_back(difference(each));
    for (const RecordDiff::Row& row : comparison.rewrites.rows)
      rules.push_back({text(std::string(row.pass)), text(std::string(row.rule)), row.a, row.b});
    Json only_a = Json::array();
    for (const std::size_t i : comparison.rewrites.only_a) only_a.push_back(comparison.rewrites_a[i]);
    for (const std::size_t i : comparison.rewrites.only_b)
      made_there.push_back(change_there(other, comparison.rewrites_b[i]));
    std::set<std::uint32_t> told;
    for (const Differences& each : comparison.differences)
      for (const Differing& d : each.nodes) told.insert(d.in_b);
    for (const Turn& turn : other.turns)
      for (std::size_t i = turn.first; i < turn.first + turn.changes; ++i)
        for (const std::uint32_t id : other.changes[i].made)
          if (told.contains(id)) births.push_back({id, text(turn.pass), text(other.changes[i].rule)});
    return {{"what", {comparison.a, comparison.b}},  {"turns", std::move(turns)},  {"points", std::move(points)},
            {"differences", std::move(differences)}, {"rules", std::move(rules)},  {"only_a", std::move(only_a)},
            {"only_b", std::move(made_there)},       {"births", std::move(births)}};
  }
  Json difference(const Differences& differences) {
    Json nodes = Json::array(), results = Json::array();
    for (const Differing& d : differences.nodes)
      nodes.push_back({static_cast<int>(d.kind), d.at, id(d.in_b), text(d.differs), text(d.found_by), text(d.line),
                       d.reads, d.group});
    for (const Differences::Result& r : differences.results)
      results.push_back({text(r.name), r.is_update ? 1 : 0, text(r.a), text(r.b)});
    return {differences.same, differences.remains, std::move(nodes), std::move(results)};
  }
  Json change_there(const History& other, std::size_t number) {
    const Change& change = other.changes[number];
    const auto turn = std::ranges::find_if(
        other.turns, [&](const Turn& t) { return number >= t.first && number < t.first + t.changes; });
    const auto lines = [&](const std::vector<std::uint32_t>& ids) {
      Json made = Json::array();
      for (const std::uint32_t id : ids)
        made.push_back(text(visible(line_of(Value{const_cast<Graph*>(&other.graph), id}))));
      return made;
    };
    return {text(turn->pass), text(change.rule),     text(change.file),
            change.line,      lines(change.matched), lines(change.made)};
  }

  /// Two digits say all that an error has to say.
  Json errors() {
    const auto digits = [](double x) { return std::strtod(fmt::format("{:.2g}", x).c_str(), nullptr); };
    Json nodes = Json::array(), views = Json::array();
    for (Value v : history_.graph.topological())
      if (v.op() && v.op()->info->view) views.push_back(v.id);
    for (const auto& [node, error] : facts_.errors.nodes)
      if (history_.was_there(node) && history_.graph.find(node))
        nodes.push_back(
            {node, digits(error.largest), error.numbers ? digits(error.of_largest) : -1, error.alone ? 1 : 0});
    return {{"sizes", facts_.errors.sizes},
            {"why_not", facts_.errors.why_not},
            {"nodes", std::move(nodes)},
            {"views", std::move(views)}};
  }

  Json map(const Map& map) {
    Json boxes = Json::array(), frames = Json::array();
    for (const MapBox& box : map.boxes)
      for (const double x : {static_cast<double>(box.node), box.x, box.y, box.width, box.height})
        boxes.push_back(whole(x));
    for (const MapFrame& frame : map.frames)
      frames.push_back(
          {text(frame.title), frame.depth, whole(frame.x), whole(frame.y), whole(frame.width), whole(frame.height)});
    return {{"width", whole(map.width)},
            {"height", whole(map.height)},
            {"boxes", std::move(boxes)},
            {"frames", std::move(frames)}};
  }
  Json maps(const Scene& scene, const Folding& folding, std::size_t most_boxes) {
    constexpr std::size_t small = 120;  // boxes that fit a screen as they are
    std::size_t all = 0, folded = 0;
    for (std::uint32_t i = 0; i < scene.size(); ++i)
      if (scene[i].place.drawn) ++all, folded += folding.drawn_as[i] == i;
    return {
        {"most", most_boxes},
        {"all_boxes", all},
        {"folded", folding.any && all > small && folded <= most_boxes ? map(map_of(scene, &folding)) : Json(nullptr)},
        {"all", all <= most_boxes ? map(map_of(scene, nullptr)) : Json(nullptr)}};
  }

  const History& history_;
  const ReportFacts& facts_;
  std::vector<std::string> strings_{};
  std::map<std::string, std::size_t> numbers_{};
  Json ops_ = Json::array(), rules_ = Json::object();
  std::map<std::string, std::size_t> op_numbers_{};
};

}  // namespace

std::string report_json(const History& history, const ReportFacts& facts, std::size_t most_boxes) {
  return Writer(history, facts).write(most_boxes);
}

}  // namespace vitrine
