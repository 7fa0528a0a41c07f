#include "tools/reference_page.hpp"

#include <fmt/format.h>

#include "compiler/escape.hpp"

namespace vitrine {

namespace {

/// Nothing may be loaded, nothing may run; the style is in the page.
constexpr std::string_view head = R"(<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --ink: #1d2530; --faint: #5b6672; --paper: #ffffff; --card: #f6f8fa; --line: #d5dbe1; --link: #005a94; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e3e8ee; --faint: #a3aebb; --paper: #14181d; --card: #1d232a; --line: #364049; --link: #7cc4f2; }
}
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 62rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
nav { columns: 14rem; padding: .75rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
nav a { display: block; overflow-wrap: anywhere; }
section { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h2 { margin: 0; font: 600 1.25rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
.badge { margin-left: .5rem; padding: .1rem .5rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--card);
  font: .8rem/1.4 system-ui, sans-serif; white-space: nowrap; }
.lead { margin: .25rem 0 .75rem; }
dt { color: var(--faint); font-size: .85rem; }
dd { margin: 0 0 .6rem; overflow-wrap: anywhere; }
pre { margin: 0; padding: .6rem .8rem; overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: .4rem; font: .8rem/1.45 ui-monospace, monospace; }
</style>
)";

std::string anchor(const std::string& name) { return in_xml(visible(name)); }

}  // namespace

std::string reference_page(const std::string& title, const std::string& introduction,
                           const std::vector<ReferenceEntry>& entries) {
  std::string made = fmt::format("<!doctype html>\n<html lang=\"en\">\n<head>\n{}<title>{}</title>\n</head>\n<body>\n",
                                 head, in_xml(title));
  made += fmt::format("<h1>{}</h1>\n<p>{}</p>\n<nav aria-label=\"Contents\">\n", in_xml(title), in_xml(introduction));
  for (const ReferenceEntry& e : entries) made += fmt::format("<a href=\"#{0}\">{0}</a>\n", anchor(e.name));
  made += "</nav>\n<main>\n";
  for (const ReferenceEntry& e : entries) {
    // A badge with a colour of its own is light in both themes, so its letters are dark.
    const std::string look =
        e.colour.empty() ? "" : fmt::format(" style=\"background: {}; color: #1d2530\"", in_xml(e.colour));
    made += fmt::format("<section id=\"{0}\">\n<h2>{0}<span class=\"badge\"{1}>{2}</span></h2>\n", anchor(e.name), look,
                        in_xml(e.badge));
    if (!e.lead.empty()) made += fmt::format("<p class=\"lead\">{}</p>\n", in_xml(e.lead));
    made += "<dl>\n";
    for (const ReferenceEntry::Part& part : e.parts) {
      if (part.text.empty()) continue;
      // Lines of code are kept apart; elsewhere a line is a line.
      std::string text;
      for (std::size_t at = 0; at <= part.text.size();) {
        const std::size_t end = std::min(part.text.find('\n', at), part.text.size());
        text += (at ? "\n" : "") + in_xml(part.text.substr(at, end - at));
        at = end + 1;
      }
      while (text.ends_with('\n')) text.pop_back();
      made += fmt::format("<dt>{}</dt>\n<dd>{}{}{}</dd>\n", in_xml(part.label), part.is_code ? "<pre>" : "", text,
                          part.is_code ? "</pre>" : "");
    }
    made += "</dl>\n</section>\n";
  }
  return made + "</main>\n</body>\n</html>\n";
}

}  // namespace vitrine
