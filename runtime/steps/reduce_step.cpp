// Sums over some axes, and the mean. The order of every sum is fixed by the shapes alone.
#include "runtime/row_kernels.hpp"
#include "runtime/steps/head_step.hpp"

namespace vitrine {

namespace {

/// Neighbouring axes that are all summed or all kept, as one.
struct Run {
  bool summed;
  std::size_t size;
};

std::vector<Run> runs_of(const Shape& x, const Shape& to) {
  std::vector<Run> made;
  for (int i = 0; i < x.rank(); ++i) {
    if (x[i].size == 1) continue;
    const int kept_at = i - (x.rank() - to.rank());
    const bool summed = kept_at < 0 || to[kept_at].size != x[i].size;
    if (!made.empty() && made.back().summed == summed)
      made.back().size *= x[i].size;
    else
      made.push_back({summed, x[i].size});
  }
  return made;
}

/// x[outer, rows, columns] -> y[outer, columns], or -> y[outer] if the columns are what is summed.
struct Form {
  enum class Kind { all, rows, columns, any } kind;
  std::size_t outer, rows, columns;
};

Form form_of(const Shape& x, const Shape& to) {
  const std::vector<Run> runs = runs_of(x, to);
  const auto is = [&](std::initializer_list<bool> summed) {
    return std::ranges::equal(runs, summed, {}, &Run::summed);
  };
  if (runs.empty() || is({true})) return {Form::Kind::all, 1, 1, x.elements()};
  if (is({false})) return {Form::Kind::rows, 1, 1, runs[0].size};
  if (is({true, false})) return {Form::Kind::rows, 1, runs[0].size, runs[1].size};
  if (is({false, true})) return {Form::Kind::columns, 1, runs[0].size, runs[1].size};
  if (is({false, true, false})) return {Form::Kind::rows, runs[0].size, runs[1].size, runs[2].size};
  return {Form::Kind::any, 0, 0, 0};
}

/// A long sum is one of sums of this many numbers: threads share it, and rounding errors grow with neither alone.
constexpr std::size_t stretch = 4096;

class ReduceStep : public HeadStep {
 public:
  ReduceStep(const Step& step, const Machine& machine)
      : HeadStep(step, machine),
        form_(form_of(step.operands[0].type.shape, step.head_type.shape)),
        mean_(step.head->name() == "mean"),
        partial_(form_.kind == Form::Kind::all ? form_.columns / stretch + 1 : 0) {}

 private:
  void place_head(const Memory& memory, float* result) override { x_ = memory.floats(step_.operands[0]), y_ = result; }

  void run_head() override {
    Pool& pool = machine_.pool;
    const Isa isa = machine_.isa;
    switch (form_.kind) {
      case Form::Kind::all: *y_ = mean_ ? sum_of_all() / static_cast<float>(form_.columns) : sum_of_all(); break;
      case Form::Kind::columns: sum_each_row(pool, isa, form_.rows, form_.columns, x_, y_); break;
      case Form::Kind::rows:
        for (std::size_t i = 0; i < form_.outer; ++i)
          sum_rows(pool, isa, form_.rows, form_.columns, x_ + i * form_.rows * form_.columns, y_ + i * form_.columns);
        break;
      case Form::Kind::any: {
        const Buffer<float> in{step_.operands[0].type, const_cast<float*>(x_)};
        step_.head->info->run(step_.head->attributes.get(), {&in, 1}, {step_.head_type, y_});
      }
    }
  }

  float sum_of_all() {
    const std::size_t whole = form_.columns / stretch, rest = form_.columns % stretch;
    sum_each_row(machine_.pool, machine_.isa, whole, stretch, x_, partial_.data());
    sum_each_row(machine_.pool, machine_.isa, 1, rest, x_ + whole * stretch, partial_.data() + whole);
    float sum = 0;
    sum_each_row(machine_.pool, machine_.isa, 1, partial_.size(), partial_.data(), &sum);
    return sum;
  }

  Form form_;
  bool mean_;
  std::vector<float> partial_;
  const float* x_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<PreparedStep> prepare_reduce(const Step& step, const Machine& machine) {
  return std::make_unique<ReduceStep>(step, machine);
}

}  // namespace vitrine
