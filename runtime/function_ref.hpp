#pragma once
// A reference to something callable, two words wide: it owns nothing and allocates nothing.
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace vitrine {

template <class Signature> class FunctionRef;

/// Refers to a callable that must outlive it. Empty by default; calling an empty one is undefined.
template <class Result, class... Arguments> class FunctionRef<Result(Arguments...)> {
 public:
  FunctionRef() = default;

  template <class Callable>
  requires(!std::same_as<std::remove_cvref_t<Callable>, FunctionRef> &&
           std::is_invocable_r_v<Result, Callable&, Arguments...> &&
           std::is_object_v<std::remove_reference_t<Callable>>)
      FunctionRef(Callable&& callable)  // NOLINT: a call site passes a lambda
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* object, Arguments... arguments) -> Result {
          return (*static_cast<std::remove_reference_t<Callable>*>(object))(std::forward<Arguments>(arguments)...);
        }) {}

  explicit operator bool() const { return call_ != nullptr; }

  Result operator()(Arguments... arguments) const { return call_(object_, std::forward<Arguments>(arguments)...); }

 private:
  void* object_ = nullptr;
  Result (*call_)(void*, Arguments...) = nullptr;
};

}  // namespace vitrine
