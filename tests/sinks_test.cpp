// Kernels that end in sums and maxima, beside the same kernel whose results are stored and reduced afterwards.
#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/sink_work.hpp"
#include "tests/random_kernel.hpp"

using namespace vitrine;

namespace {

using Row = std::vector<float>;

/// How each operand lies over [outer, rows, columns]: all of it, one number for each of some axes, one for all.
enum class Lies : unsigned { dense, along_columns, along_rows, one_for_all };

struct Case {
  std::size_t rows, columns;            // of the iteration
  std::vector<std::array<bool, 2>> of;  // for each sink, which of the two axes are reduced
};

FloatView view(const Case& c, float* data, bool over_rows, bool over_columns) {
  FloatView made{.data = data, .rank = 2, .sizes = {c.rows, c.columns}, .strides = {}};
  made.strides = {over_rows ? static_cast<std::ptrdiff_t>(over_columns ? c.columns : 1) : 0, over_columns ? 1 : 0};
  return made;
}

std::vector<Stage> stages(const Case& c, const std::array<bool, 2>& reduced) {
  const Shape x = Shape{} << c.rows << c.columns;
  if (c.rows == 0 || c.columns == 0) return {reduced[0] ? Stage{1, c.rows, c.columns} : Stage{c.rows, c.columns, 1}};
  return stages_of(x, x.with(0, reduced[0] ? 1 : c.rows).with(1, reduced[1] ? 1 : c.columns));
}
std::size_t results(const Case& c, const std::array<bool, 2>& reduced) {
  return (reduced[0] ? 1 : c.rows) * (reduced[1] ? 1 : c.columns);
}

struct Made {
  std::vector<Row> stored, sunk;
  std::size_t differences(const Made& o) const {
    std::size_t found = 0;
    for (const auto& [a, b] : {std::pair{&stored, &o.stored}, std::pair{&sunk, &o.sunk}})
      for (std::size_t r = 0; r < a->size(); ++r)
        for (std::size_t i = 0; i < (*a)[r].size(); ++i) found += !same((*a)[r][i], (*b)[r][i]);
    return found;
  }
};

/// Room for what a kernel makes: its last results go to the sinks.
Made room(const Case& c, const Kernel& kernel) {
  Made made;
  made.stored.assign(kernel.results.size() - c.of.size(), Row(c.rows * c.columns, 77.0f));
  for (const auto& reduced : c.of) made.sunk.emplace_back(results(c, reduced), 78.0f);
  return made;
}

/// All results stored, and then reduced.
Made apart(const Case& c, const Kernel& kernel, Isa isa, const std::vector<FloatView>& operands,
           const std::vector<Reduction>& how) {
  Pool pool(1);
  std::vector<Row> all(kernel.results.size(), Row(c.rows * c.columns));
  std::vector<FloatView> results;
  for (Row& row : all) results.push_back(view(c, row.data(), true, true));
  run_elementwise(pool, ScalarCode(kernel, isa, ScalarCode::Way::interpreted), operands, results);
  Made made = room(c, kernel);
  for (std::size_t i = 0; i < made.stored.size(); ++i) made.stored[i] = all[i];
  for (std::size_t s = 0; s < how.size(); ++s) {
    Row from = all[made.stored.size() + s];
    for (const Stage& stage : stages(c, c.of[s])) {
      Row to(stage.results());
      reduce_rows(pool, isa, how[s], stage.outer, stage.rows, stage.columns, from.data(), {}, to.data());
      from = to;
    }
    made.sunk[s] = from;
  }
  return made;
}

Made together(const Case& c, const Kernel& kernel, Isa isa, const std::vector<FloatView>& operands,
              const std::vector<Reduction>& how, ScalarCode::Way way, int threads) {
  Pool pool(threads);
  std::vector<Sink> sinks;
  for (std::size_t s = 0; s < how.size(); ++s) sinks.emplace_back(how[s], stages(c, c.of[s]), std::nullopt);
  Made made = room(c, kernel);
  std::vector<FloatView> results, sunk;
  for (Row& row : made.stored) results.push_back(view(c, row.data(), true, true));
  for (std::size_t s = 0; s < how.size(); ++s) sunk.push_back(view(c, made.sunk[s].data(), !c.of[s][0], !c.of[s][1]));
  SinkWork work(kernel, sinks, isa, way);
  work.place(operands, results, sunk);
  work.run(pool);
  work.run(pool);  // nothing is left from the run before
  return made;
}

const std::vector<Case> cases{
    {1, 1, {{true, true}}},
    {3, 5, {{true, false}}},
    {40, 100, {{false, true}}},
    {40, 100, {{true, true}}},
    {40, 100, {{true, false}, {false, true}}},
    {300, 64, {{true, false}, {false, true}, {false, true}}},
    {300, 64, {{true, true}, {true, true}}},
    {70, 512, {{true, true}}},
    {70, 300, {{true, true}}},
    {2500, 33, {{true, false}}},
    {2500, 33, {{true, true}}},
    {3, 9000, {{false, true}}},
    {2, 10000, {{true, true}}},
    {700, 8, {{false, true}, {true, false}}},
    {5, 1031, {{false, true}, {true, false}}},
    {0, 7, {{true, false}}},
    {4, 0, {{false, true}}},
};

}  // namespace

TEST_CASE("what sinks take of random kernels has the bits of stored results reduced afterwards, however it is run") {
  std::mt19937 random(21);
  for (const Case& c : cases)
    for (int round = 0; round < 12; ++round) {
      const auto operands = static_cast<std::uint16_t>(random() % 5 + 1);
      Kernel kernel = random_kernel(random, operands, round % 3 == 0 ? 60 : 6, false);
      kernel.results.resize(random() % 2 + c.of.size(), static_cast<std::uint16_t>(kernel.instructions.size() - 1));
      std::vector<Reduction> how;
      for (std::size_t s = 0; s < c.of.size(); ++s)
        how.push_back(random() % 3 == 0 ? Reduction::maximum : Reduction::sum);
      std::vector<Row> x;
      std::vector<FloatView> views;
      for (int i = 0; i < operands; ++i) {
        const auto lies = static_cast<Lies>(i == 0 ? 0 : random() % 4);
        const bool rows = lies == Lies::dense || lies == Lies::along_rows,
                   columns = lies == Lies::dense || lies == Lies::along_columns;
        x.push_back(numbers((rows ? c.rows : 1) * (columns ? c.columns : 1), random));
        // Mostly ordinary numbers: one NaN would hide everything else in a sum.
        for (float& v : x.back())
          if (random() % 400 != 0 && !(std::abs(v) <= 100)) v = 0.25f;
        views.push_back(view(c, x.back().data(), rows, columns));
      }
      const Made wanted = apart(c, kernel, Isa::portable, views, how);
      for (const Isa isa : all_isas())
        for (const auto way : {ScalarCode::Way::fastest, ScalarCode::Way::interpreted})
          for (const int threads : {1, 2, 4}) {
            INFO(c.rows << " x " << c.columns << ", round " << round << ", " << name_of(isa) << ", " << threads);
            CHECK(wanted.differences(together(c, kernel, isa, views, how, way, threads)) == 0);
          }
    }
}
