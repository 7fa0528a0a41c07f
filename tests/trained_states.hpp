#pragma once
// What a plan makes of its states in some runs on made-up tokens, to the bit.
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/program.hpp"

namespace vitrine {

/// All states, by name, after three runs on the portable instruction set. Every input is of whole numbers below 11.
inline std::vector<std::vector<std::byte>> trained_states(Plan plan, int threads) {
  Pool pool(threads);
  States states(5);
  Program program(std::move(plan), states, pool, Isa::portable);
  std::map<std::string, std::vector<std::int32_t>> tokens;
  for (const auto& [name, type] : program.plan().inputs) {
    REQUIRE(type.dtype == DType::i32);
    for (std::size_t i = 0; i < type.shape.elements(); ++i)
      tokens[name].push_back(static_cast<std::int32_t>(i * 5 % 11));
    program.bind_input(name, tokens[name].data());
  }
  for (int i = 0; i < 3; ++i) program.run();
  std::vector<std::vector<std::byte>> made;
  for (const std::string& name : states.names()) {
    const auto bytes = std::as_const(states).bytes(name);
    made.emplace_back(bytes.begin(), bytes.end());
  }
  return made;
}

}  // namespace vitrine
