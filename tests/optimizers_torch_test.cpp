// Optimizers against PyTorch 1.13.
#include <catch2/catch.hpp>

#include "tests/linear_regression.hpp"

using namespace vitrine;
using namespace vitrine::linear_regression;

namespace {

/// What PyTorch has after 24 runs, in double; its constants are doubles too.
void check_torch(const Optimizer& optimizer, const Row& wanted) {
  const Row made = trained(optimizer);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CAPTURE(i);
    CHECK(made[i] == Approx(wanted[i]).epsilon(1e-5).margin(1e-6));
  }
}

}  // namespace

// The script that made the numbers (PyTorch 1.13, double), with w, b, x, t as above:
//   for s in range(24):
//     x, t = data(s); loss = ((x @ w + b - t) ** 2).mean() / k; loss.backward()
//     if s % k != k - 1: continue
//     if value: torch.nn.utils.clip_grad_value_([w, b], value)
//     if norm: torch.nn.utils.clip_grad_norm_([w, b], norm)
//     optimizer.step(); optimizer.zero_grad()
//     if schedule: schedule.step()
//   print(w.flatten().tolist() + b.tolist())
TEST_CASE("every optimizer ends where PyTorch's does") {
  const Schedule slow{.rate = 0.03f};
  SECTION("SGD(lr=.1)")
  check_torch(Sgd{}, {0.073566758, -0.240725110, 0.054899965, 0.347331850, -0.149317179, -0.194399950, 0.020548943,
                      -0.024344493});
  SECTION("SGD(lr=.1, momentum=.9)")
  check_torch(Sgd{.momentum = 0.9f}, {0.130465086, -0.281485254, 0.031047965, 0.362089978, -0.231990089, -0.137692105,
                                      0.035919074, 0.018906374});
  SECTION("SGD(lr=.1, momentum=.9, nesterov=True, weight_decay=.05)")
  check_torch(
      Sgd{.momentum = 0.9f, .nesterov = true, .weight_decay = 0.05f},
      {0.098816629, -0.085117568, 0.002412074, 0.093826078, -0.144298156, -0.102021695, 0.012092149, 0.046133362});
  SECTION("Adam(lr=.03)")
  check_torch(Adam{.rate = slow}, {0.042892190, -0.296047942, 0.027787993, 0.304315541, -0.088911337, -0.241888817,
                                   -0.046959768, 0.029223685});
  SECTION("Adam(lr=.03, weight_decay=.1)")
  check_torch(Adam{.rate = slow, .weight_decay = 0.1f}, {0.027844088, -0.240685528, 0.012771809, 0.253441150,
                                                         -0.063475920, -0.228129140, -0.047425473, 0.033894343});
  SECTION("AdamW(lr=.03, weight_decay=.1)")
  check_torch(AdamW{.rate = slow, .weight_decay = 0.1f}, {0.031525124, -0.275968270, 0.023699519, 0.275234206,
                                                          -0.075907429, -0.234199097, -0.045198981, 0.035456618});
  SECTION("AdamW with {b: lr=.015, weight_decay=0}")
  check_torch(
      AdamW{.rate = slow, .weight_decay = 0.1f, .groups = {{.match = "up.bias", .rate = 0.5f, .decay = false}}},
      {0.031719110, -0.276284339, 0.024023283, 0.275175956, -0.075745978, -0.233339555, 0.015619720, -0.186068845});
  SECTION("SGD(lr=.1, momentum=.9), norm=.25")
  check_torch(Sgd{.momentum = 0.9f, .clip = {.norm = 0.25f}}, {-0.201382124, -0.241542336, 0.006890924, 0.156358869,
                                                               0.073752911, -0.399949008, -0.021843281, 0.087303753});
  SECTION("SGD(lr=.1, momentum=.9), value=.125")
  check_torch(Sgd{.momentum = 0.9f, .clip = {.value = 0.125f}}, {-0.292304482, -0.380605858, -0.034077797, 0.181578399,
                                                                 0.144639687, -0.418859341, 0.004885941, 0.058924800});
  SECTION("AdamW(lr=.03, weight_decay=.1), norm=.25, k=3")
  check_torch(
      AdamW{.rate = slow, .weight_decay = 0.1f, .clip = {.norm = 0.25f}, .accumulate = 3},
      {0.258533069, -0.277368833, -0.017993228, 0.500369450, -0.253733578, 0.006949170, 0.027112467, -0.252470402});
  SECTION("SGD(lr=.1), StepLR(5, .5)")
  check_torch(Sgd{.rate = {.drop_every = 5, .drop = 0.5f}}, {0.228144782, -0.266245411, 0.081363363, 0.505619680,
                                                             -0.275298733, 0.002166910, 0.086146208, -0.180391115});
  SECTION("SGD(lr=.1), CosineAnnealingLR(24, .01)")
  check_torch(
      Sgd{.rate = {.cosine_steps = 24, .least = 0.01f}},
      {0.147765806, -0.262160392, 0.062596681, 0.443324026, -0.215199121, -0.069235080, 0.063836454, -0.118615478});
  SECTION("SGD(lr=.1), LambdaLR(lambda t: (t + 1) / 6 if t < 6 else .5 ** ((t - 6) // 5))")
  check_torch(
      Sgd{.rate = {.drop_every = 5, .drop = 0.5f, .warm_up_steps = 6}},
      {0.160650903, -0.266539666, 0.051256144, 0.449506660, -0.240338854, -0.058174823, 0.059113190, -0.146502368});
}
