#pragma once
// Everything a program that declares models needs.
#include "vitrine/image_classifier.hpp"
#include "vitrine/layers/linear.hpp"
#include "vitrine/ops.hpp"
#include "vitrine/trace.hpp"
