#include "compiler/quantized_cache.hpp"

#include <algorithm>

#include "compiler/rewriter.hpp"
#include "vitrine/ops/attention.hpp"
#include "vitrine/ops/quantize_rows.hpp"
#include "vitrine/ops/quantized_attention_at.hpp"
#include "vitrine/ops/write_rows.hpp"

namespace vitrine {

namespace {

/// A kept state and what it becomes in a run.
struct KeptRows {
  Value state, written;
};

/// Whether a state's rows are written whole, behind their axis, and read by attention alone.
bool is_for_attention(const Graph& graph, const KeptRows& kept) {
  const auto* const write = as<WriteRows>(kept.written);
  if (!is_kept(kept.state.node().name) || !write || kept.written.operands()[0] != kept.state ||
      kept.state.type().dtype != DType::f32 || write->axis != kept.state.type().shape.rank() - 2)
    return false;
  const std::vector<Value> users = graph.users(kept.written);
  return !users.empty() && std::ranges::all_of(users, [&](Value user) {
    return as<AttentionAt>(user) && user.operands()[0] != kept.written && user.operands()[3] != kept.written;
  });
}

/// Codes and scales, written in the place of rows.
struct FewBits {
  Value codes, scales;
};
FewBits in_few_bits(Graph& graph, const KeptRows& kept) {
  const std::string& name = kept.state.node().name;
  const Shape& shape = kept.state.type().shape;
  const Value codes = graph.state(name + ".codes", {DType::i8, shape}),
              scales = graph.state(name + ".scales", {DType::bf16, shape.with(-1, 1)});
  const std::vector<Value>& of = kept.written.operands();
  const WriteRows& write = *as<WriteRows>(kept.written);
  const FewBits made{emit(write, {codes, emit(QuantizeRows{}, {of[1]}), of[2], of[3]}),
                     emit(write, {scales, emit(RowScales{}, {of[1]}), of[2], of[3]})};
  graph.update(codes, made.codes);
  graph.update(scales, made.scales);
  return made;
}

}  // namespace

std::size_t quantize_cache(Graph& chunk, ContinuationReport* report) {
  std::map<std::uint32_t, KeptRows> kept;  // by what is written
  for (const auto& [state, next] : chunk.updates())
    if (is_for_attention(chunk, {state, next})) kept[next.id] = {state, next};
  // Both of an attention's, or none.
  const auto has = [&](Value v) { return kept.contains(v.id); };
  for (bool lost = true; lost;)
    lost = std::erase_if(kept, [&](const auto& each) {
             return std::ranges::any_of(chunk.users(each.second.written), [&](Value user) {
               return !has(user.operands()[1]) || !has(user.operands()[2]);
             });
           }) != 0;
  Record record;
  Rewriter rewriter(chunk, "quantize", record);
  std::map<std::uint32_t, FewBits> small;
  for (const auto& [id, each] : kept) small[id] = in_few_bits(chunk, each);
  for (Value v : chunk.topological()) {
    const auto* const attention = as<AttentionAt>(v);
    if (!attention || !has(v.operands()[1])) continue;
    const FewBits &keys = small.at(v.operands()[1].id), &values = small.at(v.operands()[2].id);
    const Value by = emit(QuantizedAttentionAt{attention->scale, attention->window, attention->ring},
                          {v.operands()[0], keys.codes, keys.scales, values.codes, values.scales, v.operands()[3]});
    rewriter.replace(v, by, "attention_at(q, k, v, p) => quantized_attention_at(q, codes and scales of k and v, p)");
    rewriter.erase(v, "what attention alone read => nothing");
  }
  for (const auto& [id, each] : kept) {
    const std::string& name = each.state.node().name;
    const std::size_t wide = std::max<std::size_t>(1, each.state.type().shape[-1].size);
    if (report)
      for (Kept& told : report->kept)
        if (told.state == name) told.bytes_of_row = told.bytes_of_row / sizeof(float) / wide * (wide + 2);
    rewriter.keep(each.state, "a cache in f32 => nothing");
    rewriter.erase(each.written, "a cache in f32 => nothing");
    rewriter.erase(each.state, "a cache in f32 => nothing");
  }
  return kept.size();
}

Graph with_rounded_keys_and_values(const Graph& forward) {
  Graph made(forward);
  Record record;
  Rewriter rewriter(made, "quantize", record);
  const auto rounded = [](Value rows) {
    const auto each = static_cast<std::int64_t>(std::max<std::size_t>(1, rows.type().shape[-1].size));
    return emit(Dequantize<false>{rows.type().shape.rank() - 1, each, 0},
                {emit(QuantizeRows{}, {rows}), emit(RowScales{}, {rows})});
  };
  for (Value v : made.topological()) {
    if (!as<Attention>(v)) continue;
    const Value query = v.operands()[0], keys = v.operands()[1], values = v.operands()[2];
    const Value by = emit(*v.op(), {query, rounded(keys), rounded(values)});
    rewriter.replace(v, by, "attention(q, k, v) => attention(q, rounded k, rounded v)");
    rewriter.erase(v, "unread => nothing");
  }
  return made;
}

}  // namespace vitrine
