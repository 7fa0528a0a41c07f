#include "runtime/states.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/random.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

void fill(const Init& init, const Type& type, std::uint64_t seed, const std::string& name, std::byte* memory) {
  const std::size_t count = type.shape.elements();
  if (init.rule == Init::Rule::seed) {
    const std::array<std::uint32_t, 2> halves{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
    std::memcpy(memory, halves.data(), sizeof halves);
    return;
  }
  if (type.dtype != DType::f32) {  // counters and flags: scale is a whole number
    const auto number = static_cast<std::int32_t>(static_cast<float>(init.scale));
    for (std::size_t i = 0; i < count; ++i) std::memcpy(memory + i * size_of(type.dtype), &number, size_of(type.dtype));
    return;
  }
  const RandomStream random(seed, stream_of(name));
  const float scale = init.scale;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = init.rule == Init::Rule::normal    ? scale * random.normal(i)
                    : init.rule == Init::Rule::uniform ? scale * (2.0f * random.uniform(i) - 1.0f)
                                                       : scale;
    std::memcpy(memory + i * sizeof x, &x, sizeof x);
  }
}

}  // namespace

void States::add(const Plan& plan) {
  for (std::size_t i = 0; i < plan.states.size(); ++i) {
    const auto& [name, type] = plan.states[i];
    const auto [at, fresh] = held_.try_emplace(name);
    if (!fresh && at->second.type != type)
      throw UsageError((Sentence{} << "state '" << name << "' is " << at->second.type << " already, and plan '"
                                   << plan.name << "' wants " << type)
                           .str());
    if (!fresh) continue;
    at->second = {type, AlignedBytes(type.bytes())};
    fill(plan.initial[i], type, seed_, name, at->second.memory.data());
  }
}

std::vector<std::string> States::names() const {
  std::vector<std::string> made;
  for (const auto& [name, held] : held_) made.push_back(name);
  return made;
}

const States::Held& States::find(std::string_view name) const {
  const auto at = held_.find(name);
  if (at == held_.end()) throw UsageError("there is no state named '" + std::string(name) + "'");
  return at->second;
}

std::span<std::byte> States::bytes(std::string_view name) {
  const Held& held = find(name);
  return {held.memory.data(), held.type.bytes()};
}
std::span<const std::byte> States::bytes(std::string_view name) const {
  const Held& held = find(name);
  return {held.memory.data(), held.type.bytes()};
}

void States::set(std::string_view name, std::span<const std::byte> given) {
  const std::span<std::byte> here = bytes(name);
  if (here.size() != given.size())
    throw UsageError((Sentence{} << "state '" << name << "' is " << type(name) << " and takes " << here.size()
                                 << " bytes, got " << given.size())
                         .str());
  std::ranges::copy(given, here.begin());
}

}  // namespace vitrine
