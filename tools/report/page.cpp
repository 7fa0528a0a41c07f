#include "tools/report/page.hpp"

#include "compiler/escape.hpp"
#include "tools/report/sha256.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// The template's text up to a mark; the template goes on behind it.
std::string_view up_to(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  if (at == rest.npos) throw InternalError("report: page.html has no " + std::string(mark));
  const std::string_view before = rest.substr(0, at);
  rest.remove_prefix(at + mark.size());
  return before;
}

}  // namespace

std::string in_script(std::string_view json) {
  std::string made;
  made.reserve(json.size() + json.size() / 16);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '<')
      made += "\\u003c";
    else if (c == '>')
      made += "\\u003e";
    else if (c == '&')
      made += "\\u0026";
    else if (json.substr(i, 3) == "\xe2\x80\xa8" || json.substr(i, 3) == "\xe2\x80\xa9")  // U+2028, U+2029
      made += json[i + 2] == '\xa8' ? "\\u2028" : "\\u2029", i += 2;
    else
      made += c;
  }
  return made;
}

std::string report_page(std::string_view title, std::string_view json, std::string_view summary) {
  std::string_view rest = embedded::html;
  std::string page;
  const auto put = [&](std::string_view mark, std::string_view content) {
    page.append(up_to(rest, mark)).append(content);
  };
  put("{{policy}}", fmt::format("default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; "
                                "form-action 'none'",
                                sha256_base64(embedded::script), sha256_base64(embedded::style)));
  put("{{title}}", in_xml(title));
  put("{{style}}", embedded::style);
  put("{{summary}}", in_xml(summary));
  put("{{data}}", in_script(json));
  put("{{script}}", embedded::script);
  return page.append(rest);
}

}  // namespace vitrine
