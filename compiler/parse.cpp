#include "compiler/parse.hpp"

#include <fmt/format.h>

#include <set>

#include "compiler/annotations.hpp"
#include "compiler/constant_text.hpp"
#include "compiler/op_table.hpp"
#include "compiler/tokens.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

class GraphParser {
 public:
  GraphParser(std::string_view text, std::string_view source)
      : tokens_(text, source), length_(text.size()), written_ids_(ids_in(text)) {}

  Graph whole() {
    tokens_.demand("graph");
    graph_.rename(tokens_.name("the graph's name"));
    tokens_.demand("{");
    while (!tokens_.take("}")) item();
    if (!tokens_.at_end()) tokens_.expected("the end of the text");
    annotate();
    return std::move(graph_);
  }

 private:
  struct Notes {
    Value node;
    std::uint32_t group = 0, place = 0;
    Phase phase = Phase::forward;
    std::vector<std::uint32_t> origin;
    std::size_t position = 0;
  };

  /// Leaves and numbers have no ids in the text; they get those that no line uses.
  static std::set<std::uint32_t> ids_in(std::string_view text) {
    std::set<std::uint32_t> ids;
    for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
      std::uint32_t id = 0;
      const std::size_t digits = text.substr(at + 1).find_first_not_of("0123456789");
      const std::string_view number = text.substr(at + 1, digits);
      if (number.empty() || number.size() > 8) continue;
      for (char c : number) id = id * 10 + static_cast<std::uint32_t>(c - '0');
      ids.insert(id);
    }
    return ids;
  }
  void take_free_id() {
    while (written_ids_.contains(free_id_) || graph_.find(free_id_)) ++free_id_;
    graph_.take_id(free_id_++);
  }

  template <class F> auto located(std::size_t position, F&& f) {
    try {
      return f();
    } catch (const UsageError& error) {
      tokens_.complain_at(position, error.what());
    }
  }
  template <class T> T value(std::string_view text, std::size_t position) {
    return located(position, [&] {
      T made{};
      parse_attribute(text, made);
      return made;
    });
  }
  /// The type after ':', up to the notes.
  Type type() {
    tokens_.demand(":");
    const std::size_t position = tokens_.position();
    const std::string_view dtype = tokens_.until("[ ");
    if (tokens_.peek() != '[') tokens_.expected("a type, as in 'f32[batch 64, 10]'");
    tokens_.demand("[");
    const std::string_view axes = tokens_.until("]");
    tokens_.demand("]");
    return value<Type>(std::string(dtype) + "[" + std::string(axes) + "]", position);
  }

  void item() {
    if (tokens_.take("input")) return leaf(Leaf::input);
    if (tokens_.take("state")) return leaf(Leaf::state);
    if (tokens_.take("constant")) return constant();
    if (tokens_.take("output")) return output();
    if (tokens_.take("update")) return update();
    if (tokens_.take("place")) return place();
    if (tokens_.peek() != '%')
      tokens_.expected("input, state, constant, a node (%1 = ...), output, update, place or '}'");
    node();
  }

  void leaf(Leaf leaf) {
    tokens_.demand("%");
    const std::size_t position = tokens_.position();
    const std::string name = tokens_.name("a name");
    const Type t = type();
    Init init;
    if (leaf == Leaf::state && tokens_.take("=")) init = initial(), init.tied = tokens_.take("tied");
    take_free_id();
    const Value made =
        located(position, [&] { return leaf == Leaf::input ? graph_.input(name, t) : graph_.state(name, t, init); });
    notes(made, position);
  }
  Init initial() {
    if (tokens_.take("seed")) return {Init::Rule::seed};
    const bool normal = tokens_.take("normal"), uniform = !normal && tokens_.take("uniform");
    if (normal || uniform) tokens_.demand("(");
    const std::size_t position = tokens_.position();
    const std::string_view text = tokens_.until(normal || uniform ? ")" : " @#");
    Float scale = 0.f;
    located(position, [&] { return parse_attribute(text, scale), 0; });
    if (normal || uniform) tokens_.demand(")");
    return {normal ? Init::Rule::normal : uniform ? Init::Rule::uniform : Init::Rule::constant, scale};
  }

  void constant() {
    tokens_.demand("%");
    const std::size_t position = tokens_.position();
    const std::uint32_t id = fresh_id();
    tokens_.demand("=");
    tokens_.demand("[");
    std::vector<std::pair<std::string, std::size_t>> elements;
    while (!tokens_.take("]")) {
      if (!elements.empty()) tokens_.demand(",");
      const std::size_t at = tokens_.position();
      elements.emplace_back(tokens_.until(",]"), at);
      if (elements.back().first.empty()) tokens_.expected("a number or ']'");
    }
    Constant made{type(), {}};
    if (elements.size() != made.type.shape.elements())
      tokens_.complain(
          fmt::format("the constant has {} elements, its type {}", elements.size(), made.type.shape.elements()));
    for (const auto& [text, at] : elements) append(made, text, at);
    graph_.take_id(id);
    const Value v = located(position, [&] { return graph_.constant(made); });
    nodes_[id] = v;
    notes(v, position);
  }
  void append(Constant& c, std::string_view text, std::size_t position) {
    located(position, [&] { return append_element(c, text), 0; });
  }

  std::uint32_t fresh_id() {
    const std::size_t position = tokens_.position();
    const std::uint32_t id = tokens_.id("a node's number");
    // Ids index memory: what a text may ask for grows with its length.
    if (id > 65'536 + length_)
      tokens_.complain_at(position, "this number is too large for so short a text; count the nodes from 0");
    if (!nodes_.contains(id) && !graph_.find(id)) return id;  // "% 3" is no id that ids_in found
    tokens_.complain_at(position, fmt::format("%{} is made twice", id));
  }

  void node() {
    tokens_.demand("%");
    const std::size_t position = tokens_.position();
    const std::uint32_t id = fresh_id();
    tokens_.demand("=");
    const std::size_t op_position = tokens_.position();
    const std::string name = tokens_.name("an op's name");
    const OpInfo* info = find_op(name);
    if (!info) {
      std::vector<std::string_view> known;
      for (const OpInfo* each : every_op()) known.push_back(each->doc.name);
      const std::string_view near = nearest(name, known);
      tokens_.complain_at(op_position, fmt::format("there is no op named '{}'{} ('vitrine ops' lists them)", name,
                                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
    tokens_.demand("(");
    std::vector<Value> operands;
    while (!tokens_.take(")")) {
      if (!operands.empty()) tokens_.demand(",");
      operands.push_back(operand());
    }
    std::vector<Attribute> attributes;
    const std::size_t attributes_position = tokens_.position();
    if (tokens_.take("{")) do {
        const std::string attribute = tokens_.name("an attribute's name");
        tokens_.demand("=");
        attributes.push_back({attribute, std::string(tokens_.until(",}"))});
      } while (tokens_.take(",") || (tokens_.demand("}"), false));
    const Op op = located(attributes_position, [&] { return info->parse(attributes); });
    const Type written = type();
    graph_.take_id(id);
    const Value made = located(op_position, [&] { return graph_.add(op, operands); });
    if (made.type() != written)
      tokens_.complain_at(
          op_position,
          (Sentence{} << name << " makes " << made.type() << ", but " << written << " is written here").str());
    nodes_[id] = made;
    notes(made, position);
  }

  Value operand() {
    const std::size_t position = tokens_.position();
    if (tokens_.take("%")) return reference(position);
    const std::string text(tokens_.until(",) }"));
    if (text.empty()) tokens_.expected("an operand");
    if (const auto [at, fresh] = numbers_.try_emplace(text); fresh) {
      Constant c{{DType::f32, {}}, {}};
      if (text == "true" || text == "false")
        c.type.dtype = DType::boolean;
      else if (text.find_first_not_of("-0123456789") == text.npos)
        c.type.dtype = DType::i32;
      append(c, text, position);
      take_free_id();
      at->second = graph_.constant(c);
    }
    return numbers_[text];
  }
  Value reference(std::size_t position) {
    const char next = tokens_.peek();
    if (next >= '0' && next <= '9') {
      const std::uint32_t id = tokens_.id("a node's number");
      if (const auto found = nodes_.find(id); found != nodes_.end()) return found->second;
      tokens_.complain_at(position, fmt::format("%{} is used before it is made", id));
    }
    const std::string name = tokens_.name("a name or a number");
    if (const Value found = graph_.find(name)) return found;
    tokens_.complain_at(position, fmt::format("there is no input or state named '{}'", name));
  }

  void output() {
    const std::size_t position = tokens_.position();
    const std::string name = tokens_.name("the output's name");
    tokens_.demand("=");
    const Value v = operand();
    located(position, [&] { return graph_.output(name, v), 0; });
  }
  void update() {
    const std::size_t position = tokens_.position();
    tokens_.demand("%");
    const Value state = reference(position);
    tokens_.demand("=");
    const Value next = operand();
    located(position, [&] { return graph_.update(state, next), 0; });
  }

  void notes(Value v, std::size_t position) {
    Notes made{.node = v, .origin = {}, .position = position};
    if (tokens_.take("@gradient")) made.phase = Phase::gradient;
    if (tokens_.take("@update")) made.phase = Phase::update;
    if (tokens_.take("@g")) made.group = tokens_.id("the group's number");
    if (tokens_.take("of")) do
        made.origin.push_back(tokens_.id("the number of the node it was made of"));
      while (tokens_.take(","));
    if (tokens_.take("#")) made.place = tokens_.id("a place's number");
    notes_.push_back(std::move(made));
  }
  void place() {
    tokens_.demand("#");
    const std::uint32_t number = tokens_.id("a place's number");
    tokens_.demand("=");
    Location at;
    if (!tokens_.take("in")) {
      at.file = tokens_.name("a file's name in quotes");
      tokens_.demand(":");
      const std::size_t position = tokens_.position();
      at.line = tokens_.id("a line");
      if (at.line == 0) tokens_.complain_at(position, "lines are counted from 1");
      if (tokens_.take("in")) at.module = tokens_.name("a module's path");
    } else {
      at.module = tokens_.name("a module's path");
    }
    places_[number] = std::move(at);
  }

  void annotate() {
    for (const Notes& n : notes_) {
      if (n.place && !places_.contains(n.place)) {
        tokens_.complain_at(n.position, fmt::format("there is no place #{}", n.place));
      }
      Annotations::set(n.node, n.place ? places_.at(n.place) : Location{}, n.phase, n.origin, n.group);
    }
  }

  Tokens tokens_;
  std::size_t length_;
  std::set<std::uint32_t> written_ids_;
  std::uint32_t free_id_ = 0;
  Graph graph_{};
  std::map<std::uint32_t, Value> nodes_{};
  std::map<std::string, Value, std::less<>> numbers_{};
  std::map<std::uint32_t, Location> places_{};
  std::vector<Notes> notes_{};
};

}  // namespace

Graph parse(std::string_view text, std::string_view source) { return GraphParser(text, source).whole(); }

}  // namespace vitrine
