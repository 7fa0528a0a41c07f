# What find_package(vitrine) reads. vitrine::vitrine is all of it, command line included; vitrine::compiler and
# vitrine::runtime are its halves.
include(${CMAKE_CURRENT_LIST_DIR}/libraries.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/vitrineTargets.cmake)
