#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/aligned_bytes.hpp"
#include "runtime/pool.hpp"
#include "vitrine/plan.hpp"

namespace vitrine {

/// Parameters, moments, counters: tensors that outlive a run, by name, dense and row-major. Programs of several plans
/// (training and testing, say) that name the same state share it.
class States {
 public:
  explicit States(std::uint64_t seed = 0) : seed_(seed) {}

  /// Makes the plan's states that are not here yet, each beginning as its Init says: element n of a state depends on
  /// the seed, the state's name and n alone. Throws UsageError where a state is here with another type.
  void add(const Plan&);
  /// The same on several threads, to the same bits.
  void add(const Plan&, Pool&);

  bool contains(std::string_view name) const { return held_.contains(name); }
  const Type& type(std::string_view name) const { return find(name).type; }
  std::vector<std::string> names() const;

  /// A state's elements; they stay where they are. UsageError for an unknown name. To ask for them in order to write is
  /// taken for a change: write before a program runs again, or ask again.
  std::span<std::byte> bytes(std::string_view name);
  std::span<const std::byte> bytes(std::string_view name) const;
  /// Throws UsageError if `bytes` is not as long as the state.
  void set(std::string_view name, std::span<const std::byte> bytes);

  /// Makes a state of elements that lie somewhere already, in a mapped file: they stay there, and `owner` is kept for
  /// as long. Programs that are added later find it here and give it no first numbers. Throws UsageError for a state
  /// that is here, and for a place that is no multiple of a cache line or not as long as the type.
  void hold(const std::string& name, const Type&, std::span<std::byte> elements, std::shared_ptr<const void> owner);

  /// A state as a program holds it for as long as it lives.
  struct Held {
    Type type;
    std::byte* elements = nullptr;
    std::shared_ptr<const void> owner;  // of the memory that they lie in
    std::uint64_t version = 0;  // grows whenever somebody may have written: what is made of a state once knows its age
  };
  Held& held(std::string_view name);

 private:
  const Held& find(std::string_view name) const;

  std::uint64_t seed_;
  std::map<std::string, Held, std::less<>> held_{};
};

}  // namespace vitrine
