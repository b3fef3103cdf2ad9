"""The MNIST network of scripts/mnist.lua in PyTorch, on the CPU or on another device, written for speed.
usage: torch_mlp.py [-t THREADS] [-e EPOCHS] [-m MODE] [-d DEVICE]
MODE: eager        module + autograd + fused SGD
      manual       no autograd: hand-written forward and backward
"""
import time; T0 = time.perf_counter()
import argparse, resource, statistics
import gzip, os, numpy as np
import torch, torch.nn as nn, torch.nn.functional as F

DIR = os.environ.get("MNIST_DIR", ".")
def images(name):
    b = gzip.open(f"{DIR}/{name}-images-idx3-ubyte.gz").read()
    x = np.frombuffer(b, np.uint8, offset=16).reshape(-1, 784).astype(np.float32)
    x *= np.float32(1 / 255); x -= np.float32(0.1307); x *= np.float32(1 / 0.3081)
    return x
def labels(name):
    b = gzip.open(f"{DIR}/{name}-labels-idx1-ubyte.gz").read()
    return np.frombuffer(b, np.uint8, offset=8).astype(np.int64)

ap = argparse.ArgumentParser()
ap.add_argument("-t", type=int, default=2); ap.add_argument("-e", type=int, default=15)
ap.add_argument("-m", default="eager"); ap.add_argument("-s", type=int, default=1); ap.add_argument("-d", default="cpu")
a = ap.parse_args()
torch.set_num_threads(a.t); torch.set_num_interop_threads(1); torch.manual_seed(a.s); torch.set_default_device(a.d)

X, Y = torch.from_numpy(images("train")), torch.from_numpy(labels("train"))
XT, YT = torch.from_numpy(images("t10k")), torch.from_numpy(labels("t10k"))
X, Y, XT, YT = X.to(a.d), Y.to(a.d), XT.to(a.d), YT.to(a.d)
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10))
for m in model:
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu"); nn.init.zeros_(m.bias)
B, N, LR, MU = 64, len(X), 0.01, 0.9

def loss_of(x, y): return F.cross_entropy(model(x), y)

if a.m == "manual":
    P = [p.data for p in model.parameters()]           # W1 b1 W2 b2 W3 b3
    G = [torch.zeros_like(p) for p in P]; V = [torch.zeros_like(p) for p in P]
    @torch.no_grad()
    def step(x, y):
        W1, b1, W2, b2, W3, b3 = P
        h1 = torch.addmm(b1, x, W1.t()).relu_()
        h2 = torch.addmm(b2, h1, W2.t()).relu_()
        z = torch.addmm(b3, h2, W3.t())
        ls = torch.log_softmax(z, 1)
        d3 = ls.exp(); d3[torch.arange(len(y)), y] -= 1; d3.mul_(1 / len(y))
        d2 = torch.mm(d3, W3).mul_(h2 > 0)
        d1 = torch.mm(d2, W2).mul_(h1 > 0)
        for i, (d, h) in enumerate(((d1, x), (d2, h1), (d3, h2))):
            torch.mm(d.t(), h, out=G[2*i]); torch.sum(d, 0, out=G[2*i+1])
        torch._foreach_mul_(V, MU); torch._foreach_add_(V, G); torch._foreach_add_(P, V, alpha=-LR)
        return -ls.gather(1, y[:, None]).mean()
else:
    opt = torch.optim.SGD(model.parameters(), lr=LR, momentum=MU, fused=True)
    def step(x, y):
        opt.zero_grad(set_to_none=True)
        l = loss_of(x, y); l.backward(); opt.step()
        return l.detach()

def evaluate():
    with torch.no_grad(): return (model(XT).argmax(1) == YT).float().mean().item()

def epoch():
    perm = torch.randperm(N); tot = torch.zeros(())
    xs, ys = X[perm], Y[perm]                          # one gather per epoch, then views
    for i in range(0, N, B):
        tot += step(xs[i:i+B], ys[i:i+B])
    return tot.item() / ((N + B - 1) // B)

step(X[:B], Y[:B]); print(f"first step done {time.perf_counter()-T0:.3f} s after start (script's clock)")
ts = []
for e in range(a.e):
    t = time.perf_counter(); l = epoch(); ts.append(time.perf_counter() - t)
acc = evaluate()
print(f"torch {torch.__version__} mode {a.m} threads {a.t}: s/epoch median {statistics.median(ts):.4f} "
      f"min {min(ts):.4f} max {max(ts):.4f} (n={len(ts)}), loss {l:.4f}, test acc {100*acc:.2f}%, "
      f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024:.0f} MiB")
