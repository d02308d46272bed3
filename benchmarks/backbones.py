"""Parameters, size and time per picture of every backbone of the table, with random weights.

Time: one picture of the network's own input size, float32, channels last; median of the runs. The weights play no part
in it. Nothing else may run meanwhile; each network has a process of its own.

    python benchmarks/backbones.py [--names resnet18 vgg16] [--runs 15] [--threads 2]
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from vitrine.models.backbones.table import BACKBONES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", nargs="+", choices=list(BACKBONES), default=list(BACKBONES))
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one, options.runs, options.threads)
        return
    print(f"{'name':<18} {'M par.':>8} {'MB':>7} {'input':>5} {'ms':>7}", flush=True)
    for name in options.names:
        command = [sys.executable, __file__, "--one", name, "--runs", str(options.runs)]
        subprocess.run([*command, "--threads", str(options.threads)], check=True)


def measure(name: str, runs: int, threads: int) -> None:
    import timm
    import torch

    torch.set_num_threads(threads)
    row = BACKBONES[name]
    network = timm.create_model(row.architecture, pretrained=False).eval().to(memory_format=torch.channels_last)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    megabytes = sum(tensor.numel() * tensor.element_size() for tensor in network.state_dict().values()) / 1e6
    picture = torch.rand(1, 3, row.input_size, row.input_size).contiguous(memory_format=torch.channels_last)
    seconds = []
    with torch.inference_mode():
        for _ in range(3):
            network(picture)
        for _ in range(runs):
            start = time.perf_counter()
            network(picture)
            seconds.append(time.perf_counter() - start)
    milliseconds = statistics.median(seconds) * 1000
    print(f"{name:<18} {parameters / 1e6:>8.2f} {megabytes:>7.1f} {row.input_size:>5} {milliseconds:>7.1f}", flush=True)


if __name__ == "__main__":
    main()
