#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/commands/commands.hpp"
#include "tools/op_pages.hpp"
#include "tools/reference_page.hpp"
#include "tools/text_file.hpp"
#include "vitrine/error.hpp"
#include "vitrine/nearest.hpp"

namespace vitrine {

namespace {

std::string text(const OpPage& page) {
  std::string made = fmt::format("{:<14} {} ({}){}{}\n  {}\n", page.name, page.kind, page.colour,
                                 page.sort.empty() ? "" : ", ", page.sort, page.rule);
  if (!page.composed) made += fmt::format("  {}\n  {}\n", page.derivative, page.example);
  return made;
}

std::string html(const std::vector<OpPage>& pages) {
  std::vector<ReferenceEntry> entries;
  for (const OpPage& page : pages)
    entries.push_back({.name = page.name,
                       .badge = page.kind,
                       .colour = page.colour,
                       .lead = page.sort,
                       .parts = {{page.composed ? "what it computes" : "rule", page.rule, true},
                                 {"derivative", page.derivative, !page.composed},
                                 {"example", page.example, true}}});
  return reference_page(
      "Vitrine: the ops",
      "Each op with what it computes, its derivative and one typical use; then the functions, layers, "
      "losses and optimizers that are made of ops. The colour is the one that graphs are drawn in.",
      entries);
}

nlohmann::json json(const std::vector<OpPage>& pages) {
  nlohmann::json rows = nlohmann::json::array();
  for (const OpPage& page : pages)
    rows.push_back({{"name", page.name},
                    {"kind", page.kind},
                    {"colour", page.colour},
                    {"rule", page.rule},
                    {"derivative", page.derivative},
                    {"example", page.example},
                    {"composed", page.composed}});
  return rows;
}

}  // namespace

int list_ops(const PagesOptions& options) {
  std::vector<OpPage> pages = op_pages();
  if (!options.name.empty()) {
    std::vector<std::string_view> names;
    for (const OpPage& page : pages) names.push_back(page.name);
    if (std::ranges::find(names, options.name) == names.end()) {
      const std::string_view near = nearest(options.name, names);
      throw UsageError(fmt::format("ops: there is no op named '{}'{}", options.name,
                                   near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
    std::erase_if(pages, [&](const OpPage& page) { return page.name != options.name; });
  }
  if (options.format == "html") {
    write_text(options.output, html(pages));
  } else {
    std::string functions, all;
    for (const OpPage& page : pages)
      if (!page.composed || !options.name.empty())
        all += text(page);
      else
        functions += (functions.empty() ? "" : ", ") + page.name;
    if (options.name.empty())
      all += fmt::format("functions made of these (vitrine ops NAME tells of what): {}\n", functions);
    write_text(options.output, all);
  }
  if (!options.json.empty()) write_text(options.json, json(pages).dump(2) + "\n");
  return 0;
}

}  // namespace vitrine
