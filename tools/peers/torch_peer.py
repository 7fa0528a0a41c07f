#!/usr/bin/python3
"""PyTorch on one of `vitrine bench`'s workloads: torch_peer.py WORK VARIANT THREADS REPEATS prints one line of JSON.

The network, its sizes and its optimizer are those of tools/workloads.cpp; the data are random. A sample is the mean
time of a step, in milliseconds, over at least 50 ms. `busy` is the processor time per second of wall time: where it
falls short of THREADS, another process was in the way.
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

work, variant, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
torch.manual_seed(1)

if work == "W1a":
    batch, network = 64, nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    x = torch.randn(batch, 784)
elif work == "W1b":
    batch = 256
    network = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    x = torch.randn(batch, 784)
elif work == "W2":
    batch = 64
    network = nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4096, 128), nn.ReLU(), nn.Linear(128, 10))
    x = torch.randn(batch, 3, 32, 32)
    if variant == "channels_last":
        network, x = network.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
else:
    sys.exit(f"torch_peer.py: no workload named {work!r}; it knows W1a, W1b, W2")
labels = torch.randint(0, 10, (batch,))
if work == "W1a":
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
else:
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, foreach=True)
if variant == "script":
    network = torch.jit.script(network)


def step():
    optimizer.zero_grad(set_to_none=True)
    F.cross_entropy(network(x), labels).backward()
    optimizer.step()


for _ in range(3):
    step()
start = time.perf_counter()
step()
together = max(1, int(0.05 / (time.perf_counter() - start)))
samples, busy = [], []
for _ in range(repeats):
    start, used = time.perf_counter(), time.process_time()
    for _ in range(together):
        step()
    wall = time.perf_counter() - start
    samples.append(wall / together * 1e3)
    busy.append((time.process_time() - used) / wall)
print(json.dumps({"version": torch.__version__, "samples": samples, "busy": busy}))
