#!/usr/bin/python3
"""PyTorch on one of `vitrine bench`'s workloads: torch_peer.py WORK VARIANT THREADS REPEATS prints one line of JSON.

The networks, their sizes and optimizers are those of tools/workloads.cpp; the data are random. A sample is the mean
time of a step, in milliseconds, over at least 50 ms. `busy` is the processor time per second of wall time: where it
falls short of THREADS, another process was in the way. `peak_mib` is the most memory that the whole process had.
VARIANT: eager, script (the model scripted, or traced where it is a formula), channels_last (the order of an image's
bytes), ofi (traced and given to optimize_for_inference), qint8 (linear layers' weights in 8 bits). W7 is one training
step of W1a and the end of the process, which the caller times.
"""
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

work, variant, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)


class Block(nn.Module):
    """Pre-norm: attention to what came before, then two linear layers, each added to what comes in."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads, self.each = heads, width // heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value, self.mix = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, future):
        batch, time, width = x.shape
        split = self.query_key_value(self.before_attention(x)).view(batch, time, 3, self.heads, self.each)
        query, key, value = split.permute(2, 0, 3, 1, 4).unbind(0)
        scores = query @ key.transpose(-2, -1) * self.each ** -0.5 + future
        attended = (F.softmax(scores, dim=-1) @ value).transpose(1, 2).reshape(batch, time, width)
        x = x + self.mix(attended)
        return x + self.down(F.gelu(self.up(self.before_mlp(x)), approximate="tanh"))


class Gpt(nn.Module):
    """Learned positions, a head of its own without bias."""

    def __init__(self, vocabulary: int, context: int, width: int, heads: int, layers: int):
        super().__init__()
        self.token, self.position = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocabulary, bias=False)
        self.register_buffer("future", torch.full((context, context), float("-inf")).triu(1))
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, 0, 0.02)

    def forward(self, tokens):
        x = self.token(tokens) + self.position.weight
        for block in self.blocks:
            x = block(x, self.future)
        return self.head(self.norm(x)).flatten(0, 1)


# What a step does: a training step, unless the work says otherwise below.
classes, largest_norm, step = 10, 0.0, None
trains = not work.endswith("_fwd")
name = work.removesuffix("_fwd")
if name in ("W1a", "W7"):
    batch, network = 64, nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    x = torch.randn(batch, 784)
elif name == "W1b":
    batch = 256
    network = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    x = torch.randn(batch, 784)
elif name == "W2":
    batch = 64
    network = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4096, 128), nn.ReLU(), nn.Linear(128, 10))
    x = torch.randn(batch, 3, 32, 32)
    if variant == "channels_last":
        network, x = network.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
elif name in ("W3s", "W3m"):
    sizes = {"W3s": (96, 128, 128, 4, 4, 16), "W3m": (4096, 256, 384, 6, 6, 8)}[work]
    classes, context, examples = sizes[0], sizes[1], sizes[5]
    network, largest_norm = Gpt(*sizes[:5]), 1.0
    x = torch.randint(0, classes, (examples, context))
    batch = examples * context  # every token is to be told
elif name in ("W5gelu", "W5gelu_tanh"):
    x, kind = torch.randn(1 << 24), "none" if name == "W5gelu" else "tanh"

    def formula(x):
        return F.gelu(1.5 * x + 0.25, approximate=kind)

    if variant == "script":
        formula = torch.jit.trace(formula, x)
    step = lambda: formula(x)
elif name == "W5ln":
    x, norm = torch.randn(4096, 1024), nn.LayerNorm(1024)
    step = lambda: norm(x)
elif name == "W5sm":
    x = torch.randn(4096, 1024)
    step = lambda: F.softmax(x, dim=-1)
elif name == "W5copy":
    x = torch.randn(1 << 24)
    y = torch.empty_like(x)
    step = lambda: y.copy_(x)
elif name.startswith("W6_"):
    sizes = [int(size) for size in name[3:].split("x")]
    rows, inner, columns = sizes if len(sizes) == 3 else 3 * sizes
    a, b, c = torch.randn(rows, inner), torch.randn(inner, columns), torch.empty(rows, columns)
    step = lambda: torch.mm(a, b, out=c)
else:
    sys.exit(f"torch_peer.py: no workload named {work!r}; it knows those of tools/workloads.cpp")

if step is not None:
    torch.set_grad_enabled(False)
elif trains:
    labels = torch.randint(0, classes, (batch,))
    if name in ("W1a", "W7"):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    elif name.startswith("W3"):
        optimizer = torch.optim.AdamW(network.parameters(), lr=3e-4, foreach=True)
    else:
        optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, foreach=True)
    if variant == "script":
        network = torch.jit.script(network)

    def step():
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(network(x), labels).backward()
        if largest_norm > 0:
            nn.utils.clip_grad_norm_(network.parameters(), largest_norm)
        optimizer.step()
else:
    torch.set_grad_enabled(False)
    network.eval()
    if variant == "ofi":
        network = torch.jit.optimize_for_inference(torch.jit.trace(network, x))
    elif variant == "qint8":
        torch.backends.quantized.engine = "onednn"
        network = torch.quantization.quantize_dynamic(network, {nn.Linear})
    step = lambda: network(x)

if work == "W7":
    step()
    sys.exit()
start = time.perf_counter()
for _ in range(3):  # warm
    step()
    if time.perf_counter() - start > 0.5:
        break
start = time.perf_counter()
step()
first = time.perf_counter() - start
together = max(1, int(0.05 / first))
samples, busy = [], []
for _ in range(repeats):
    start, used = time.perf_counter(), time.process_time()
    for _ in range(together):
        step()
    wall = time.perf_counter() - start
    samples.append(wall / together * 1e3)
    busy.append((time.process_time() - used) / wall)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"version": torch.__version__, "samples": samples, "busy": busy, "peak_mib": peak}))
