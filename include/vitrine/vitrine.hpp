#pragma once
// Everything a program that declares models needs.
#include "vitrine/image_classifier.hpp"
#include "vitrine/layers/batch_norm.hpp"
#include "vitrine/layers/convolution.hpp"
#include "vitrine/layers/dropout.hpp"
#include "vitrine/layers/layer_norm.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/layers/nchw.hpp"
#include "vitrine/layers/pooling.hpp"
#include "vitrine/layers/sequential.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"
