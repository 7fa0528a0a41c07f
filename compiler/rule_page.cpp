#include "compiler/rule_page.hpp"

#include <algorithm>
#include <array>

namespace vitrine {

namespace {

constexpr std::array of_inference{
    RulePage{"when_training(x, y) => y", "A choice between training and use is made for good: this graph is used.",
             "the graph is a model in use"},
    RulePage{"a state's update => nothing", "A model in use does not learn, so what a state would become is dropped.",
             "the graph is a model in use"},
    RulePage{"a state that nothing reads => nothing", "A state that no result depends on is not kept.",
             "nothing reads it and nothing updates it"}};
constexpr std::array of_fold_batch_norm{RulePage{
    "(product(x, w) + b) * scale => product(x, w * scale) + b * scale",
    "What a product is scaled and shifted by, channel for channel, goes into its weight and one bias, once and not at "
    "every run.",
    "scale and shift are made from parameters alone, go by the product's last axis, and the product has no other "
    "reader; while a model trains they come from the batch, and it is turned down; rounding differs, so it reorders"}};
constexpr std::array of_recognize_rows{
    RulePage{"exp(x - max(x)) / sum(exp(x - max(x))) => softmax(x)",
             "What is told to be a softmax, however it is written, becomes the op with its kernel and derivative.",
             "it computes the same on inputs that tell such functions apart; it reorders"},
    RulePage{"x - max(x) - log(sum(exp(x - max(x)))) => log_softmax(x)",
             "What is told to be the logarithm of a softmax becomes the op that does not overflow.",
             "it computes the same on inputs that tell such functions apart; it reorders"},
    RulePage{"(x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps) => layer_norm(x)",
             "What is told to be a layer norm becomes the op with its kernel and derivative.",
             "it computes the same on inputs that tell such functions apart; it reorders"},
    RulePage{"x / sqrt(mean(x^2) + eps) => rms_norm(x)",
             "What is told to be a norm by the root of the mean square becomes the op.",
             "it computes the same on inputs that tell such functions apart; it reorders"}};
constexpr std::array of_recognize_cross_entropy{
    RulePage{"-sum(one_hot(c) * log_softmax(x)) => cross_entropy(x, c)",
             "The loss of class numbers, however it is written, becomes the op cross_entropy, which never stores the "
             "probabilities and has a derivative of its own.",
             "what lies between logits, labels and loss computes the same in double, on labels at both ends and in "
             "between; a form that overflows where the kernel does not, or of which a part is read elsewhere, is "
             "turned down; it reorders"}};
constexpr std::array of_recognize_attention{
    RulePage{"softmax(scale * q kT) v => attention(q, k, v)",
             "Scores, softmax and the sum of values become one op, which never stores the square of scores.",
             "scale, mask and layout are told by what they compute, and nothing else reads the scores"},
    RulePage{"matmul(exp(x - max(x)), v) / sum(exp(x - max(x))) => matmul(softmax(x), v)",
             "A division behind the product moves before it, so that the softmax can be seen.",
             "each row is divided by one number; it reorders"}};
constexpr std::array of_integer_products{
    RulePage{"matmul(fake_quantize(x), dequantize(c, s)) => quantized_matmul(x, c, s)",
             "A product of rows and a weight that are both in few bits is computed with their codes, as whole numbers, "
             "and each group's sum is scaled once; the weight is never made as floats.",
             "groups lie along the axis that is added up, and the sum of a group fits into 32 bits; whole numbers are "
             "exact and floats are not, so it reorders"},
    RulePage{"matmul(fake_quantize(x), dequantize_asymmetric(c, s, z)) => quantized_matmul_asymmetric(x, c, s, z)",
             "The same for a weight of which each group has its own zero.",
             "groups lie along the axis that is added up, and the sum of a group fits into 32 bits; it reorders"},
    RulePage{"unread => nothing", "What only the product read, codes made into floats, is not made any more.",
             "nothing reads it"}};
constexpr std::array of_training{
    RulePage{"when_training(x, y) => x", "A choice between training and use is made for good: this graph trains.",
             "the graph is a training step; the choice was made when the model was traced"}};
constexpr std::array of_fold_constants{
    RulePage{"f(constants) => constant", "What is made of numbers alone is computed once, by the compiler.",
             "every operand is a constant and the result has few elements; the op's own definition computes it, so the "
             "bits are those of a run, and what adds up stays, because its kernel adds in another order"}};
constexpr std::array of_simplify_algebra{
    RulePage{"f(broadcast_to(x), y) => f(x, y)",
             "An elementwise op repeats a small operand by itself, so nothing needs to store the repeated copy.",
             "the other operand already has the whole shape, so the result's type stays"},
    RulePage{"reshape(broadcast_to(number)) => broadcast_to(number)",
             "A number repeated and then reshaped is that number repeated into the last shape at once.",
             "what is repeated is a single number"},
    RulePage{"reshape(reshape(x)) => reshape(x)", "Only the last shape counts, because elements keep their order.",
             "both only look at the same elements in the same order"},
    RulePage{"rename(rename(x)) => rename(x)", "Only the last names of the axes count.", "always"},
    RulePage{"a change of layout to what it was => nothing", "A view that changes nothing is left out.",
             "the type before and after is the same, names of axes included"},
    RulePage{"x * 1 => x", "A product with one is the other factor.",
             "x has the whole shape; holds for every float, NaN and -0 included"},
    RulePage{"1 * x => x", "A product with one is the other factor.",
             "x has the whole shape; holds for every float, NaN and -0 included"},
    RulePage{"x / 1 => x", "A quotient by one is what is divided.",
             "x has the whole shape; holds for every float, NaN and -0 included"},
    RulePage{"x - 0 => x", "Taking zero away changes nothing.",
             "x has the whole shape; holds for -0 too, because -0 - 0 is -0"},
    RulePage{"x + -0 => x", "Adding negative zero changes nothing.",
             "the number is -0: with +0, -0 + 0 would become +0"},
    RulePage{"-0 + x => x", "Adding negative zero changes nothing.",
             "the number is -0: with +0, -0 + 0 would become +0"},
    RulePage{"x * 0 => 0", "A product with zero looks like zero.", "never for floats: inf * 0 is NaN and -1 * 0 is -0"},
    RulePage{"x / x => 1", "A quotient of equals looks like one.", "never for floats: 0 / 0 and inf / inf are NaN"},
    RulePage{"x - x => 0", "A difference of equals looks like zero.", "never for floats: inf - inf is NaN"},
    RulePage{"x + 0 => x", "Adding zero looks like nothing.", "never for floats: -0 + 0 is +0"},
    RulePage{"sum_to(x) of its own shape => x", "Summing to the same shape looks like nothing.",
             "not where x may be -0: 0 + -0 is +0"},
    RulePage{"pow(x, 1) => x", "The first power is the number itself.", "the exponent is the number 1"},
    RulePage{"pow(x, 2) => x * x", "A square is one multiplication instead of a call of pow.",
             "the exponent is the number 2; our pow promises these very bits"},
    RulePage{"pow(x, -1) => 1 / x", "A reciprocal is one division instead of a call of pow.",
             "the exponent is the number -1; our pow promises these very bits"},
    RulePage{"neg(neg(x)) => x", "Two signs cancel.", "always: a sign is one bit, NaN's too"},
    RulePage{"relu(relu(x)) => relu(x)", "What is not negative stays when negatives are cut off again.", "always"},
    RulePage{"abs(abs(x)) => abs(x)", "A magnitude has itself as its magnitude.", "always"},
    RulePage{"abs(neg(x)) => abs(x)", "A magnitude does not see a sign.", "always"},
    RulePage{"greater(x, 0) => greater(relu(x), 0)",
             "The way back asks relu's result instead of its operand, so the operand need not be kept.",
             "x > 0 exactly where relu(x) > 0, and for NaN neither is"},
    RulePage{"flip(flip(x)) => x", "Turned round twice is as it was.", "both turn the same axes"}};
constexpr std::array of_move_permutes{
    RulePage{"permute(f(permute(x))) => f(x)", "Work element by element does not care in which order axes lie.",
             "fewer permutes are left than before"},
    RulePage{"f(permute(x)) => permute(f(x))",
             "A change of the order of axes moves behind work that does not care, until it meets one that undoes it.",
             "f works element by element, or along axes that can be told by their new place; fewer permutes are left"},
    RulePage{"permute(permute(x)) => x", "Two changes of order that undo each other go.",
             "the second order is the first one's inverse"}};
constexpr std::array of_fold_transposes{
    RulePage{"permute(permute(x)) => permute(x)", "Two changes of order are one.", "always"},
    RulePage{"permute(x) to the order it has => x", "An order that is there already needs no change.",
             "every axis stays in its place"},
    RulePage{"permute(x) of the last two axes => transpose(x)",
             "Exchanging the last two axes is a transpose, which a product can read through.", "no other axis moves"},
    RulePage{"transpose(transpose(x)) => x", "Turned twice is as it was.", "always"},
    RulePage{"matmul(transpose(a), b) => matmul(a, b) with a flag",
             "A product reads a matrix as it lies and walks it the other way, so no transposed copy is made.",
             "the operand is transposed in its last two axes only; each sum keeps its order, so the bits stay"}};
constexpr std::array of_merge_products{
    RulePage{"matmul(x, a), matmul(x, b) => slices of matmul(x, concat(a, b))",
             "Products of one matrix by several weights become one product by all of them side by side, and the matrix "
             "is read once.",
             "the weights are the same at every run, and what is spared (reading the matrix again) is more than what "
             "is paid (copies of weights that are trained, results that are no longer worked on in cache)"}};
constexpr std::array of_move_dequantize{
    RulePage{"gather(dequantize(c, s), i) => dequantize(gather(c, i), gather(s, i))",
             "Rows of a table are picked as codes, and only those that are picked become numbers.",
             "groups do not lie along the axis that is picked from; numbers are moved, so the bits stay"},
    RulePage{"concat(dequantize(c, s), dequantize(d, t)) => dequantize(concat(c, d), concat(s, t))",
             "Weights side by side are put together as codes.",
             "all have codes of one kind in groups of one size, which do not lie along the axis they are put together "
             "along; the bits stay"},
    RulePage{"rename(dequantize(c, s)) => dequantize(rename(c), rename(s))",
             "Names of axes move to the codes, so that who reads the numbers sees what they are made of.",
             "only names change"}};
constexpr std::array of_pool_before_relu{
    RulePage{"max_pool2d(relu(x)) => relu(max_pool2d(x))",
             "The larger of two numbers after cutting off negatives is the cut-off larger one, on fewer elements.",
             "relu never turns an order round, and nothing else reads relu(x)"},
    RulePage{"where(relu(x) > 0, scatter(dy), 0) => scatter(where(relu(max_pool2d(x)) > 0, dy, 0))",
             "On the way back too the mask of relu is asked on the few elements behind the pool.",
             "a place that the pool did not pick gets no gradient anyway"}};
constexpr std::array of_keep_to_maxima{
    RulePage{
        "conv2d_input_gradient(scatter(dy), w) => pooled_conv2d_input_gradient(dy, w)",
        "What the pixels in front of a convolution get is made of the one gradient that each window behind it has.",
        "windows of 4 places or more lie side by side, the convolution moves by one pixel, and all that reads the "
        "images of zeros can do without them"},
    RulePage{"conv2d_weight_gradient(x, scatter(dy)) => pooled_conv2d_weight_gradient(x, dy)",
             "A weight's gradient adds up what the windows' pixels with a gradient saw, and no products with zero.",
             "windows of 4 places or more lie side by side, the convolution moves by one pixel, and all that reads the "
             "images of zeros can do without them"},
    RulePage{"sum_to(scatter(dy)) => pooled_sum(dy)", "A bias' gradient is the sum of the windows' gradients.",
             "the sum is over all pixels, and all that reads the images of zeros can do without them"}};
constexpr std::array of_merge_duplicates{RulePage{
    "f(x), f(x) => f(x)", "What is computed twice from the same is computed once.",
    "op, attributes and operands are equal; so dropouts with other random streams are no twins, nor are -0 and +0"}};
constexpr std::array of_remove_unused{RulePage{"unread => nothing", "What nothing reads is not computed.",
                                               "nothing reads it: no node, no output, no state's next value; inputs "
                                               "and states stay, for they belong to the caller"}};
constexpr std::array of_repeat_producers{
    RulePage{"f(x), g(f(x)), h(f(x)) => f(x) in the step of g, and in that of h",
             "A cheap value that steps apart from each other read is computed in each of them and not stored.",
             "at most four operations, none of them a division, a root or a function, on operands that are stored "
             "anyway; what it spares in bytes is more than what is read and computed again; no product reads it from "
             "memory, and no maximum of it is subtracted. Where the readers meet again is asked of the graph's "
             "post-dominators"},
    RulePage{"a mask that several read => one for each of them",
             "Each reader makes its own mask, because no mask is stored.",
             "all its readers are elementwise and of its shape"}};
constexpr std::array of_group_elementwise{
    RulePage{"f(x), g(f(x)) => one step",
             "Ops that hand numbers on element by element run as one step, behind the product that they follow, and "
             "what lies between is never stored.",
             "the nodes have one shape, at most one of them is a head (a product, say), and no step has to wait for "
             "itself; nothing is computed twice or reordered, so the bits stay, and what is turned down names both "
             "nodes, so that profile can say what it would have saved"}};
constexpr std::array of_stages{
    RulePage{"derivative of ",
             "The chain rule, one op at a time: what reaches the loss through this node is handed to its operands.",
             "the op has a derivative and the loss depends on it"},
    RulePage{"update of ", "The optimizer makes a parameter's next value of its gradient.",
             "every read of the parameter sees the value before the step"}};

struct OfPass {
  std::string_view pass{};
  std::span<const RulePage> rules{};
};
constexpr std::array every_rule{OfPass{"inference", of_inference},
                                OfPass{"fold_batch_norm", of_fold_batch_norm},
                                OfPass{"recognize_rows", of_recognize_rows},
                                OfPass{"recognize_cross_entropy", of_recognize_cross_entropy},
                                OfPass{"recognize_attention", of_recognize_attention},
                                OfPass{"integer_products", of_integer_products},
                                OfPass{"training", of_training},
                                OfPass{"fold_constants", of_fold_constants},
                                OfPass{"simplify_algebra", of_simplify_algebra},
                                OfPass{"move_permutes", of_move_permutes},
                                OfPass{"fold_transposes", of_fold_transposes},
                                OfPass{"merge_products", of_merge_products},
                                OfPass{"move_dequantize", of_move_dequantize},
                                OfPass{"pool_before_relu", of_pool_before_relu},
                                OfPass{"keep_to_maxima", of_keep_to_maxima},
                                OfPass{"merge_duplicates", of_merge_duplicates},
                                OfPass{"remove_unused", of_remove_unused},
                                OfPass{"repeat_producers", of_repeat_producers},
                                OfPass{"group_elementwise", of_group_elementwise},
                                OfPass{"", of_stages}};

}  // namespace

std::span<const RulePage> rules_of(std::string_view pass) {
  const auto of = std::ranges::find(every_rule, pass, &OfPass::pass);
  return of == every_rule.end() ? std::span<const RulePage>{} : of->rules;
}

const RulePage* rule_page(std::string_view rule) {
  const RulePage* found = nullptr;
  for (const OfPass& of : every_rule)
    for (const RulePage& page : of.rules)
      if (rule == page.rule || (page.rule.ends_with("of ") && rule.starts_with(page.rule)))
        if (!found || page.rule.size() > found->rule.size()) found = &page;
  return found;
}

}  // namespace vitrine
