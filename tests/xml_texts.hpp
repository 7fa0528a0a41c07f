#pragma once
// What an XML reader that is not ours finds in a picture.
#include <boost/property_tree/ptree.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace vitrine {

using Xml = boost::property_tree::ptree;

/// Throws if the text is not well-formed.
inline Xml read_xml(const std::string& text) {
  Xml made;
  std::istringstream stream(text);
  boost::property_tree::read_xml(stream, made);
  return made;
}

/// Calls visit(element's name, element) for every element, outer before inner.
template <class Visit> void for_each_element(const Xml& xml, const Visit& visit) {
  for (const auto& [name, inside] : xml) {
    if (name == "<xmlattr>" || name == "<xmlcomment>") continue;
    visit(name, inside);
    for_each_element(inside, visit);
  }
}

inline std::string attribute(const Xml& element, const std::string& name) {
  return element.get<std::string>(Xml::path_type("<xmlattr>/" + name, '/'), "");
}

/// No-break spaces, which Graphviz puts for spaces, as spaces.
inline std::string plain_spaces(std::string text) {
  for (auto at = text.find("\xc2\xa0"); at != std::string::npos; at = text.find("\xc2\xa0")) text.replace(at, 2, " ");
  return text;
}

/// The contents of every element of this name, in order.
inline std::vector<std::string> texts(const Xml& xml, const std::string& element) {
  std::vector<std::string> made;
  for_each_element(xml, [&](const std::string& name, const Xml& inside) {
    if (name == element) made.push_back(plain_spaces(inside.data()));
  });
  return made;
}

}  // namespace vitrine
