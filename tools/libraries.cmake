# The libraries that Vitrine's users link too. Its own build reads this file, and so does theirs, from the installed package.
find_package(fmt REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(Threads REQUIRED)
find_path(BOOST_INCLUDE boost/hana.hpp REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
find_library(PCRE2_LIBRARY pcre2-8 REQUIRED)

# Targets of our own for those without a package of CMake's: a target is found again where the package is used, a path
# would be that of the machine it was built on.
if(NOT TARGET vitrine::boost)
  add_library(vitrine::boost INTERFACE IMPORTED)
  target_include_directories(vitrine::boost SYSTEM INTERFACE ${BOOST_INCLUDE})
  add_library(vitrine::xxhash INTERFACE IMPORTED)
  target_link_libraries(vitrine::xxhash INTERFACE ${XXHASH_LIBRARY})
  add_library(vitrine::pcre2 INTERFACE IMPORTED)
  target_link_libraries(vitrine::pcre2 INTERFACE ${PCRE2_LIBRARY})
endif()
