"""What device_step.lua measures, in PyTorch: a step, with the loss left unread, and as a CUDA graph where there is CUDA.
usage: device_step.py [--device cuda] [--batch 64] [--time 0.5] [--threads 2]
"""
import argparse, statistics, time
import torch, torch.nn as nn, torch.nn.functional as F

ap = argparse.ArgumentParser()
ap.add_argument("--device", default="cuda"); ap.add_argument("--batch", type=int, default=64)
ap.add_argument("--time", type=float, default=0.5); ap.add_argument("--threads", type=int, default=2)
a = ap.parse_args()
torch.manual_seed(1); torch.set_num_threads(a.threads)
cuda, ROWS = a.device.startswith("cuda"), 10000

images = torch.randint(0, 256, (ROWS, 784), dtype=torch.uint8, device=a.device)
labels, ids = torch.randint(0, 10, (ROWS,), device=a.device), torch.randint(0, ROWS, (a.batch,), device=a.device)
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32), nn.ReLU(), nn.Linear(32, 10)).to(a.device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=True)

def draw(): return (images[ids].float() - 33) / 79, labels[ids]

def step(x, y):
    optimizer.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(x), y)
    loss.backward(); optimizer.step()
    return loss

def sample(f, n):
    start = time.perf_counter()
    for _ in range(n): f()
    if cuda: torch.cuda.synchronize()
    return (time.perf_counter() - start) / n

def report(name, f):
    for _ in range(50): f()
    n = max(1, int(a.time / 20 / sample(f, 10)))
    times = [sample(f, n) * 1e6 for _ in range(20)]
    print(f"PyTorch   {name:34s} {statistics.median(times):8.1f} us (at least {min(times):.1f})", flush=True)

report("step, loss read", lambda: step(*draw()).item())
report("step, loss not read", lambda: step(*draw()))
if cuda:
    x, y = draw()
    side = torch.cuda.Stream(); side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(3): step(x, y)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph(); optimizer.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph): loss = F.cross_entropy(model(x), y); loss.backward(); optimizer.step()
    def replay(read):
        a, b = draw(); x.copy_(a); y.copy_(b); graph.replay()
        return loss.item() if read else None
    report("CUDA graph", graph.replay)
    report("CUDA graph, batch drawn", lambda: replay(False))
    report("CUDA graph, batch drawn, loss read", lambda: replay(True))
