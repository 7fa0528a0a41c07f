#include "tools/text/strict_json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "runtime/in_quotes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

nlohmann::json parse_strictly(std::string_view text, std::string_view source) {
  using Event = nlohmann::json::parse_event_t;
  // nlohmann takes a zero byte for the end.
  if (const std::size_t zero = text.find('\0'); zero != text.npos)
    throw InputError(
        fmt::format("{}: the byte at offset {} is zero, so it is not JSON; use another copy", source, zero));
  std::vector<std::set<std::string>> names;  // of the objects around
  const auto check_name = [&](int, Event event, nlohmann::json& value) {
    if (event == Event::object_start) names.emplace_back();
    if (event == Event::object_end) names.pop_back();
    if (event == Event::key && !names.back().insert(value.get<std::string>()).second)
      throw InputError(fmt::format("{}: the name {} stands twice in one object; leave one out", source,
                                   in_quotes(value.get<std::string>())));
    return true;
  };
  try {
    return nlohmann::json::parse(text, check_name);
  } catch (const nlohmann::json::parse_error& error) {
    throw InputError(fmt::format("{}: it is not JSON, or cut off, at offset {}; use another copy", source,
                                 error.byte == 0 ? 0 : error.byte - 1));
  } catch (const nlohmann::json::exception&) {
    throw InputError(fmt::format("{}: a number in it is too large; use another copy", source));
  }
}

}  // namespace vitrine
