"""The network of scripts/mnist_conv.lua in PyTorch on the CPU, written for speed: channels last, fused SGD, and images
that lie in memory as a step wants them. Times steps on random images, scaled to an epoch of 60000.
usage: torch_conv.py [-t THREADS] [-n STEPS] [-r REPEATS]
"""
import argparse, statistics, time
import torch, torch.nn as nn, torch.nn.functional as F

ap = argparse.ArgumentParser()
ap.add_argument("-t", type=int, default=2); ap.add_argument("-n", type=int, default=50)
ap.add_argument("-r", type=int, default=5)
a = ap.parse_args()
torch.set_num_threads(a.t); torch.set_num_interop_threads(1); torch.manual_seed(1)

B, BATCHES = 128, 20
model = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(3136, 32), nn.ReLU(), nn.Linear(32, 10))
model = model.to(memory_format=torch.channels_last)
X = torch.randn(B * BATCHES, 1, 28, 28).to(memory_format=torch.channels_last)
Y = torch.randint(0, 10, (B * BATCHES,))
opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)

def step(i):
    at = i % BATCHES * B
    opt.zero_grad(set_to_none=True)
    F.cross_entropy(model(X[at:at + B]), Y[at:at + B]).backward()
    opt.step()

for i in range(5): step(i)
times = []
for _ in range(a.r):
    started = time.perf_counter()
    for i in range(a.n): step(i)
    times.append((time.perf_counter() - started) / a.n)
m = statistics.median(times)
print(f"torch threads {a.t}: s/epoch median {m * 60000 / B:.4f}, ms/step {m * 1e3:.2f} "
      f"({min(times) * 1e3:.2f} to {max(times) * 1e3:.2f})")
