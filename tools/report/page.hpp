#pragma once
#include <string>
#include <string_view>

namespace vitrine {

/// The page for a report's data: one file that asks for nothing outside of itself, and whose content security policy
/// lets no script run but our own, whatever a name holds.
std::string report_page(std::string_view title, std::string_view json, std::string_view summary);

/// JSON inside of a script element: nothing in it can end the element or begin a comment.
std::string in_script(std::string_view json);

/// The files of tools/report, as the build put them into the program (tools/report/embed.cmake).
namespace embedded {
extern const std::string_view html, style, script;
}

}  // namespace vitrine
