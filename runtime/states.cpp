#include "runtime/states.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/random.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

namespace {

/// Random numbers four at a time, in chunks of some 0.3 ms.
void fill_random(Pool& pool, const Init& init, const RandomStream& random, std::size_t count, std::byte* memory) {
  constexpr std::size_t blocks_in_chunk = 8192;
  const float scale = init.scale;
  const std::size_t blocks = (count + 3) / 4;
  pool.run((blocks + blocks_in_chunk - 1) / blocks_in_chunk, [&](std::size_t chunk, std::size_t) {
    const std::size_t last = std::min(blocks, (chunk + 1) * blocks_in_chunk);
    for (std::size_t block = chunk * blocks_in_chunk; block < last; ++block) {
      std::array<float, 4> four = init.rule == Init::Rule::normal ? random.normals(block) : random.uniforms(block);
      for (float& x : four) x = init.rule == Init::Rule::normal ? scale * x : scale * (2.0f * x - 1.0f);
      std::memcpy(memory + block * sizeof four, four.data(),
                  std::min<std::size_t>(4, count - 4 * block) * sizeof(float));
    }
  });
}

void fill(Pool& pool, const Init& init, const Type& type, std::uint64_t seed, const std::string& name,
          std::byte* memory) {
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
  if (init.rule == Init::Rule::normal || init.rule == Init::Rule::uniform)
    return fill_random(pool, init, RandomStream(seed, stream_of(name)), count, memory);
  const float number = init.scale;
  for (std::size_t i = 0; i < count; ++i) std::memcpy(memory + i * sizeof number, &number, sizeof number);
}

}  // namespace

void States::add(const Plan& plan) {
  Pool alone(1);
  add(plan, alone);
}

void States::add(const Plan& plan, Pool& pool) {
  for (std::size_t i = 0; i < plan.states.size(); ++i) {
    const auto& [name, type] = plan.states[i];
    const auto [at, fresh] = held_.try_emplace(name);
    if (!fresh && at->second.type != type)
      throw UsageError((Sentence{} << "state '" << name << "' is " << at->second.type << " already, and plan '"
                                   << plan.name << "' wants " << type)
                           .str());
    if (!fresh) continue;
    auto memory = std::make_shared<AlignedBytes>(type.bytes());
    at->second = {type, memory->data(), memory, 0};
    fill(pool, plan.initial[i], type, seed_, name, memory->data());
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

States::Held& States::held(std::string_view name) { return const_cast<Held&>(find(name)); }

std::span<std::byte> States::bytes(std::string_view name) {
  Held& state = held(name);
  ++state.version;
  return {state.elements, state.type.bytes()};
}
std::span<const std::byte> States::bytes(std::string_view name) const {
  const Held& held = find(name);
  return {held.elements, held.type.bytes()};
}

void States::set(std::string_view name, std::span<const std::byte> given) {
  const std::span<std::byte> here = bytes(name);
  if (here.size() != given.size())
    throw UsageError((Sentence{} << "state '" << name << "' is " << type(name) << " and takes " << here.size()
                                 << " bytes, got " << given.size())
                         .str());
  std::ranges::copy(given, here.begin());
}

void States::hold(const std::string& name, const Type& type, std::span<std::byte> elements,
                  std::shared_ptr<const void> owner) {
  if (contains(name)) throw UsageError("state '" + name + "' is here already; set it instead");
  if (elements.size() != type.bytes() || reinterpret_cast<std::uintptr_t>(elements.data()) % 64 != 0)
    throw UsageError((Sentence{} << "state '" << name << "' is " << type << " and takes " << type.bytes()
                                 << " bytes at a multiple of 64, got " << elements.size()
                                 << " or another place; copy them with set")
                         .str());
  held_[name] = {type, elements.data(), std::move(owner), 0};
}

}  // namespace vitrine
