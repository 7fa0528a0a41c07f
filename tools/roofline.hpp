#pragma once
#include <string>

#include "tools/profile.hpp"

namespace vitrine {

/// The roofline picture (Williams, Waterman and Patterson, 2009) as SVG: operations a byte against operations a second,
/// both logarithmic, the machine's limits as roofs, and each step a dot as large as its time, in the colour of its
/// kind. A step without operations has no place in it, and one that takes next to nothing gets none: the picture says
/// how many there are, and their time.
std::string roofline(const Profile&);

}  // namespace vitrine
