#include "tests/random_call.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "compiler/op_table.hpp"
#include "vitrine/attribute.hpp"
#include "vitrine/error.hpp"
#include "vitrine/formula.hpp"
#include "vitrine/op_table.hpp"
#include "vitrine/ops.hpp"

namespace vitrine {

namespace {

using Flags = std::map<std::string_view, std::vector<std::string>>;

template <class O> std::vector<std::string> flags_of() {
  std::vector<std::string> made;
  const O op = O::example().op;
  Erased<O>::each(op, [&](const char* name, [[maybe_unused]] const auto& member) {
    if constexpr (std::same_as<std::remove_cvref_t<decltype(member)>, bool>) made.push_back(name);
  });
  return made;
}
template <class... Ops> Flags flags_of_all(List<Ops...>) { return {{Ops::doc.name, flags_of<Ops>()}...}; }

/// An op prints only the flags that are set, so its table does not tell which others it has.
const std::vector<std::string>& flags_of(const OpInfo& info) {
  static const Flags flags = flags_of_all(EveryOp{});
  static const std::vector<std::string> none;
  const auto found = flags.find(info.doc.name);
  return found == flags.end() ? none : found->second;
}

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_fraction(const std::string& text) { return text.find_first_of(".-+") != text.npos; }

/// The text of an attribute with every whole number in it changed. Formulas, fractions and "f32" have none.
std::string with_numbers(const std::string& text, const auto& change) {
  if (text.starts_with('"') || is_fraction(text)) return text;
  std::string made;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_digit(text[end])) ++end;
    const bool in_word = i > 0 && std::isalpha(static_cast<unsigned char>(text[i - 1])) && text[i - 1] != 'x';
    const std::string part = text.substr(i, std::max<std::size_t>(end - i, 1));
    made += end == i || in_word ? part : std::to_string(change(std::stoul(part)));
    i += part.size();
  }
  return made;
}

class Changes {
 public:
  Changes(Call& call, Draw& draw, const Room& room) : call_(call), draw_(draw), room_(room) {}

  /// The names of the example are not the graph's.
  void drop_names() {
    const auto changed = [](const Shape& shape) {
      Shape made;
      for (const Axis& a : shape) made << Axis(a.size);
      return made;
    };
    for (Type& type : call_.in) type.shape = changed(type.shape);
    each_shape(changed);
  }

  void one() {
    switch (draw_.below(10)) {
      case 0: return other_rank();
      case 1: return give_names();
      case 2: return other_dtypes();
      case 3: return other_flag();
      case 4: return other_fraction_or_formula();
      case 5: return other_count();
      default: return other_size();
    }
  }

 private:
  void each_number(const auto& change) {
    for (Type& type : call_.in)
      for (int i = 0; i < type.shape.rank(); ++i) {
        Axis axis = type.shape[i];
        axis.size = change(axis.size);
        type.shape = type.shape.with(i, axis);
      }
    for (Attribute& a : call_.attributes) a.text = with_numbers(a.text, change);
  }

  /// One number becomes another, wherever it stands, in some places or in one: equal sizes may be equal by chance.
  /// Small ones are what axes are counted with, and what broadcasts.
  void other_size() {
    std::vector<std::size_t> here;
    each_number([&](std::size_t n) { return here.push_back(n), n; });
    if (here.empty()) return;
    const std::size_t from = draw_.pick(here), to = draw_.chance(40) ? draw_.below(4) : room_.size(draw_);
    const std::size_t way = draw_.below(100), only = draw_.below(here.size());
    std::size_t place = 0;
    each_number([&](std::size_t n) {
      const bool chosen = way < 40 ? n == from : way < 60 ? n == from && draw_.chance(50) : place == only;
      ++place;
      return chosen ? to : n;
    });
  }

  /// An axis more, or less, at the same place from the front or from the back of some operands and attributes.
  void other_rank() {
    const Axis axis = room_.size(draw_);
    const bool more = draw_.chance(60), everywhere = draw_.chance(60), from_back = draw_.chance(50);
    const int place = static_cast<int>(draw_.below(3));
    const auto changed = [&](const Shape& shape) {
      const int rank = shape.rank(), at = from_back ? rank - place - (more ? 0 : 1) : place;
      if ((!everywhere && draw_.chance(50)) || at < 0 || at >= rank + more) return shape;
      if (more && rank == static_cast<int>(Shape::max_rank)) return shape;
      Shape made;
      for (int i = 0; i < rank; ++i) {
        if (more && i == at) made << axis;
        if (more || i != at) made << shape[i];
      }
      if (more && at == rank) made << axis;
      return made;
    };
    for (Type& type : call_.in) type.shape = changed(type.shape);
    each_shape(changed);
    // An axis by its number is then one further back, or nearer.
    if (draw_.chance(60))
      for (Attribute& a : call_.attributes)
        if (std::ranges::all_of(a.text, is_digit) && (more || a.text != "0"))
          a.text = std::to_string(std::stol(a.text) + (more ? 1 : -1));
  }

  void give_names() {
    const auto& names = room_.names;
    if (names.empty()) return;
    const auto& [name, size] = *std::next(names.begin(), static_cast<std::ptrdiff_t>(draw_.below(names.size())));
    Axis named = size;
    std::ranges::copy(name, named.name);
    const auto changed = [&](const Shape& shape) {
      Shape made;
      for (const Axis& a : shape) made << (a == Axis(size) && draw_.chance(70) ? named : a);
      return made;
    };
    for (Type& type : call_.in) type.shape = changed(type.shape);
    each_shape(changed);
    for (Attribute& a : call_.attributes)
      if (a.text == std::to_string(size) && draw_.chance(50)) a.text = print_attribute(named);
  }

  void each_shape(const auto& changed) {
    for (Attribute& a : call_.attributes) {
      if (!a.text.starts_with('[')) continue;
      Shape shape;
      parse_attribute(a.text, shape);
      a.text = print_attribute(changed(shape));
    }
  }

  void other_dtypes() {
    const DType from = call_.in.empty() ? DType::f32 : draw_.pick(call_.in).dtype, to = draw_.pick(every_dtype);
    for (Type& type : call_.in)
      if (type.dtype == from) type.dtype = to;
    for (Attribute& a : call_.attributes)
      if (std::ranges::any_of(every_dtype, [&](DType d) { return name_of(d) == a.text; }))
        a.text = name_of(draw_.pick(every_dtype));
  }

  void other_flag() {
    const auto& flags = flags_of(*call_.info);
    if (flags.empty()) return;
    const std::string& flag = draw_.pick(flags);
    if (std::erase_if(call_.attributes, [&](const Attribute& a) { return a.name == flag; }) == 0)
      call_.attributes.push_back({flag, "true"});
  }

  void other_fraction_or_formula() {
    static constexpr std::array<const char*, 8> numbers{"0.0", "1.0", "-1.0", "0.25", "2.0", "1e-05", "0.9", "50.0"};
    for (Attribute& a : call_.attributes) {
      const OpInfo& other = *draw_.pick(every_op());
      if (a.text.starts_with('"') && other.elementwise())
        a.text = print_attribute(print(other.example().op.formula(other.operands)));
      else if (!a.text.starts_with('"') && is_fraction(a.text))
        a.text = draw_.pick(numbers);
    }
  }

  void other_count() {
    if (!call_.info->variadic) return;
    if (draw_.chance(50))
      call_.in.push_back(draw_.pick(call_.in));
    else
      call_.in.pop_back();
  }

  Call& call_;
  Draw& draw_;
  const Room& room_;
};

}  // namespace

Room::Room(Draw& draw) {
  const std::size_t scale = draw.below(100);
  elements = scale < 3 ? 40'000 : scale < 15 ? 4'000 : 600;
  products = 30 * elements;
  const std::size_t long_ones = elements == 600 ? 0 : elements == 4'000 ? 15 : 45;
  const auto any = [&] {
    const std::size_t kind = draw.below(100);
    if (kind < long_ones) return 36 + draw.below(200);
    return kind < 75 ? 2 + draw.below(4) : kind < 90 ? 6 + draw.below(30) : draw.below(2);
  };
  for (int i = 0; i < 5; ++i) sizes.push_back(any());
  for (const char* name : {"batch", "time", "width", "key"})
    if (draw.chance(70)) names[name] = size(draw);
}

std::size_t Room::size(Draw& draw) const {
  return draw.chance(75) ? draw.pick(sizes) : draw.chance(20) ? draw.below(2) : 2 + draw.below(15);
}

bool Room::fits(const Type& type) const {
  std::size_t all = 1;
  for (const Axis& a : type.shape) {
    if (a.size > elements) return false;
    all *= std::max<std::size_t>(a.size, 1);
    if (!a.named()) continue;
    const auto known = names.find(std::string(a.label()));
    if (known == names.end() || known->second != a.size) return false;
  }
  return all <= elements && !holds_a_name_twice(type.shape);
}

std::optional<Op> accepted(const Call& call, const Room& room) {
  if (!std::ranges::all_of(call.in, [&](const Type& t) { return room.fits(t); })) return {};
  try {
    const Op op = call.info->parse(call.attributes);
    const Inferred made = op.type(call.in);
    if (!made.ok() || !room.fits(made.type)) return {};
    const auto products = call.info->multiply_adds;
    if (products && products(op.attributes.get(), call.in, made.type) > room.products) return {};
    return op;
  } catch (const UsageError&) {
    return {};
  }
}

Call random_call(const OpInfo& info, Draw& draw, const Room& room) {
  const auto [op, in] = info.example();
  Call call{&info, in, info.print(op.attributes.get())};
  Changes(call, draw, room).drop_names();
  for (std::size_t left = draw.below(40); left > 0; --left) {
    Call other = call;
    Changes(other, draw, room).one();
    if (accepted(other, room)) call = std::move(other);
  }
  return call;
}

}  // namespace vitrine
