#include "tools/data/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/in_quotes.hpp"
#include "vitrine/error.hpp"

namespace vitrine {

Batch::Batch(const std::vector<Field>& fields, std::size_t capacity) : capacity_(capacity) {
  for (const Field& field : fields) {
    Block made{field, {}, {}};
    switch (field.dtype) {
      case DType::f32: made.floats.resize(field.numbers * capacity); break;
      case DType::i32: made.integers.resize(field.numbers * capacity); break;
      default:
        throw InternalError(fmt::format("batch: field {} is {}, but data sets give f32 and i32 only",
                                        in_quotes(field.name), name_of(field.dtype)));
    }
    blocks_.push_back(std::move(made));
  }
}

void Batch::set_examples(std::span<const std::uint32_t> examples) {
  if (examples.size() > capacity_)
    throw InternalError(fmt::format("batch: {} examples do not fit into memory for {}", examples.size(), capacity_));
  examples_.assign(examples.begin(), examples.end());
}

const Batch::Block& Batch::block(std::string_view field) const {
  const auto found = std::ranges::find_if(blocks_, [&](const Block& each) { return each.field.name == field; });
  if (found != blocks_.end()) return *found;
  std::string known;
  for (const Block& each : blocks_) known += (known.empty() ? "" : ", ") + in_quotes(each.field.name);
  throw UsageError(fmt::format("batch: the examples have no field {}; they have {}", in_quotes(field), known));
}

const Batch::Block& Batch::block(std::string_view field, DType dtype) const {
  const Block& found = block(field);
  if (found.field.dtype != dtype)
    throw UsageError(fmt::format("batch: field {} is {}, not {}; ask for what it is", in_quotes(field),
                                 name_of(found.field.dtype), name_of(dtype)));
  return found;
}

std::span<const float> Batch::floats(std::string_view field) const {
  const Block& found = block(field, DType::f32);
  return std::span(found.floats).first(count() * found.field.numbers);
}
std::span<float> Batch::floats(std::string_view field) {
  const auto seen = std::as_const(*this).floats(field);
  return {const_cast<float*>(seen.data()), seen.size()};  // this batch is not const, so its numbers are not
}

std::span<const std::int32_t> Batch::integers(std::string_view field) const {
  const Block& found = block(field, DType::i32);
  return std::span(found.integers).first(count() * found.field.numbers);
}
std::span<std::int32_t> Batch::integers(std::string_view field) {
  const auto seen = std::as_const(*this).integers(field);
  return {const_cast<std::int32_t*>(seen.data()), seen.size()};
}

const void* Batch::data(std::string_view field) const {
  const Block& found = block(field);
  if (found.field.dtype == DType::f32) return found.floats.data();
  return found.integers.data();
}

}  // namespace vitrine
