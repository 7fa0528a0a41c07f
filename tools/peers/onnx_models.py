#!/usr/bin/python3
"""The models that ort_peer.mjs runs: onnx_models.py FOLDER WORK writes FOLDER/WORK_fp32.onnx, and FOLDER/WORK_dynint8.onnx
where the work has linear layers enough for it (weights in 8 bits, one scale a column; activations rounded as they come).

The networks and their sizes are those of tools/workloads.cpp; the weights are random. Needs Debian's python3-onnx.

onnxruntime-node copies every result into a new array, even where one is given, and W5 would pay more for that array's
pages than for the work. So the models of large results compute all of them but hand out one element, as a caller from
C would have the result where it wants it.
"""
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

folder, work = sys.argv[1], sys.argv[2]
random = numpy.random.default_rng(1)
microsoft = "com.microsoft"  # whose ops ONNX Runtime knows beside the standard's


def normal(*shape: int, deviation: float = 0.02):
    return random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(deviation)


class Model:
    """A graph from x to y, node by node."""

    def __init__(self, x_shape, y_shape):
        self.nodes, self.constants, self.shapes = [], [], (x_shape, y_shape)

    def constant(self, values) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def op(self, kind: str, *operands: str, domain: str = "", **attributes) -> str:
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, operands, [name], domain=domain, name=f"{kind}_{name}", **attributes))
        return name

    def linear(self, x: str, inputs: int, outputs: int, eight_bits: bool) -> str:
        weight, bias = normal(inputs, outputs), numpy.zeros(outputs, numpy.float32)
        if not eight_bits:
            return self.op("Add", self.op("MatMul", x, self.constant(weight)), self.constant(bias))
        scale = numpy.abs(weight).max(0) / 127
        rounded = numpy.clip(numpy.round(weight / scale), -127, 127).astype(numpy.int8)
        return self.op("DynamicQuantizeMatMul", x, self.constant(rounded), self.constant(scale),
                       self.constant(numpy.zeros(outputs, numpy.int8)), self.constant(bias), domain=microsoft)

    def one_element(self, y: str) -> str:
        """Of a result of any shape its first element; the model hands out nothing else."""
        axes = range(len(self.shapes[1]))
        self.shapes = (self.shapes[0], [1 for _ in axes])
        number = lambda *values: self.constant(numpy.array(values))
        return self.op("Slice", y, number(*(0 for _ in axes)), number(*(1 for _ in axes)), number(*axes))

    def write(self, y: str, variant: str = "fp32"):
        self.nodes[-1].output[0] = "y"
        assert y == f"v{len(self.nodes) - 1}", "what comes out is what was made last"
        inputs, outputs = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)]
                           for name, shape in zip("xy", self.shapes)]
        model = helper.make_model(
            helper.make_graph(self.nodes, work, inputs, outputs, self.constants),
            opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(microsoft, 1)])
        model.ir_version = 8
        with open(f"{folder}/{work}_{variant}.onnx", "wb") as file:
            file.write(model.SerializeToString())


def multilayer_perceptron(batch: int, *sizes: int, eight_bits: bool):
    model, x = Model([batch, sizes[0]], [batch, sizes[-1]]), "x"
    for inputs, outputs in zip(sizes, sizes[1:]):
        x = model.linear(x if x == "x" else model.op("Relu", x), inputs, outputs, eight_bits)
    return model, x


def convolutional(batch: int, eight_bits: bool):
    model, x = Model([batch, 3, 32, 32], [batch, 10]), "x"
    for inputs, outputs in ((3, 32), (32, 64)):
        weight = model.constant(normal(outputs, inputs, 3, 3, deviation=0.1))
        bias = model.constant(numpy.zeros(outputs, numpy.float32))
        x = model.op("Relu", model.op("Conv", x, weight, bias, kernel_shape=[3, 3], pads=[1, 1, 1, 1]))
        x = model.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = model.op("Reshape", x, model.constant(numpy.array([batch, 4096])))
    x = model.op("Relu", model.linear(x, 4096, 128, eight_bits))
    return model, model.linear(x, 128, 10, eight_bits)


def elementwise(kind: str, *shape: int):
    model = Model(shape, shape)
    number = lambda value: model.constant(numpy.array(value, numpy.float32))
    scaled = model.op("Add", model.op("Mul", "x", number(1.5)), number(0.25))
    return model, model.one_element(model.op(kind, scaled, domain=microsoft))


def by_rows(kind: str):
    rows, columns = 4096, 1024
    model = Model([rows, columns], [rows, columns])
    weights = []
    if kind == "LayerNormalization":
        weights = [model.constant(made(columns, numpy.float32)) for made in (numpy.ones, numpy.zeros)]
    return model, model.one_element(model.op(kind, "x", *weights, axis=-1))


def product(rows: int, inner: int, columns: int):
    model = Model([rows, inner], [rows, columns])
    return model, model.one_element(model.op("MatMul", "x", model.constant(normal(inner, columns))))


known = {
    "W1a_fwd": lambda: multilayer_perceptron(64, 784, 128, 10, eight_bits=False),
    "W1b_fwd": lambda: multilayer_perceptron(256, 784, 1024, 1024, 10, eight_bits=False),
    "W2_fwd": lambda: convolutional(64, eight_bits=False),
    "W5gelu": lambda: elementwise("Gelu", 1 << 24),
    "W5gelu_tanh": lambda: elementwise("FastGelu", 1 << 14, 1 << 10),
    "W5ln": lambda: by_rows("LayerNormalization"),
    "W5sm": lambda: by_rows("Softmax"),
    "W6_64x784x128": lambda: product(64, 784, 128),
    **{f"W6_{n}": lambda n=n: product(n, n, n) for n in (256, 512, 1024, 2048)},
}
in_eight_bits = {
    "W1b_fwd": lambda: multilayer_perceptron(256, 784, 1024, 1024, 10, eight_bits=True),
    "W2_fwd": lambda: convolutional(64, eight_bits=True),
}
if work not in known:
    sys.exit(f"onnx_models.py: no workload named {work!r}; it knows {', '.join(known)}")
model, y = known[work]()
model.write(y)
if work in in_eight_bits:
    model, y = in_eight_bits[work]()
    model.write(y, "dynint8")
