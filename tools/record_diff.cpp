#include "tools/record_diff.hpp"

#include <fmt/format.h>

#include <map>

#include "vitrine/attribute.hpp"

namespace vitrine {

namespace {

std::string key_of(const RecordedRewrite& r) {
  std::string key = fmt::format("{}\n{}\n", r.pass, r.rule);
  for (const Node* node : r.matched) {
    key += fmt::format("{} {} {} {}", node->op ? node->op->name() : node->name, static_cast<int>(node->phase),
                       node->at.module, print_attribute(node->type));
    if (node->op)
      for (const Attribute& a : node->op->info->print(node->op->attributes.get())) key += ' ' + a.name + '=' + a.text;
    key += '\n';
  }
  return key;
}

std::vector<std::size_t> beyond(std::span<const RecordedRewrite> has, std::span<const RecordedRewrite> has_not) {
  std::map<std::string, std::size_t> known;
  for (const RecordedRewrite& r : has_not) ++known[key_of(r)];
  std::vector<std::size_t> made;
  for (std::size_t i = 0; i < has.size(); ++i) {
    std::size_t& left = known[key_of(has[i])];
    left ? void(--left) : made.push_back(i);
  }
  return made;
}

}  // namespace

RecordDiff record_diff(std::span<const RecordedRewrite> a, std::span<const RecordedRewrite> b) {
  RecordDiff made;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> place;
  const auto count = [&](std::span<const RecordedRewrite> all, std::size_t RecordDiff::Row::*side) {
    for (const RecordedRewrite& r : all) {
      const auto [at, fresh] = place.try_emplace({r.pass, r.rule}, made.rows.size());
      if (fresh) made.rows.push_back({.pass = r.pass, .rule = r.rule});
      ++(made.rows[at->second].*side);
    }
  };
  count(a, &RecordDiff::Row::a);
  count(b, &RecordDiff::Row::b);
  made.only_a = beyond(a, b);
  made.only_b = beyond(b, a);
  return made;
}

}  // namespace vitrine
