#!/bin/sh
# LiteRT: its converter writes an operation that its own interpreter does not have.
#
# One would guess: what `litert_torch.convert` writes without a word, the interpreter of the same project computes.
# What happens: `torch.topk` over more than a few numbers becomes STABLEHLO_SORT, and the interpreter refuses the file as it opens it. The same
# largest numbers, found one by one by argmax, are computed.
# Output seen: topk: Didn't find op for builtin opcode 'STABLEHLO_SORT'; argmax: computed.
# Seen with: litert-torch 0.10.0, ai-edge-litert 2.3.0, torch 2.14.1, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet torch==2.14.1 torchvision==0.29.1 litert-torch==0.10.0 ai-edge-litert==2.3.0
cd "$folder"
venv/bin/python - >output.txt 2>messages.txt <<'PROGRAM' || { tail -5 messages.txt; exit 1; }
import litert_torch
import torch
from ai_edge_litert.interpreter import Interpreter


class Largest(torch.nn.Module):
    def forward(self, numbers):
        return torch.topk(numbers, 3, dim=1).values.mean(dim=1)


class OneByOne(torch.nn.Module):
    def forward(self, numbers):
        places, found = torch.arange(numbers.shape[1]), []
        for _ in range(3):
            found.append(numbers.amax(dim=1))
            numbers = numbers.masked_fill(places == numbers.argmax(dim=1, keepdim=True), -2.0)
        return torch.stack(found).mean(dim=0)


def open_file(module, name):
    litert_torch.convert(module.eval(), (torch.rand(1, 500),)).export(name)
    try:
        Interpreter(name).allocate_tensors()
    except ValueError as error:
        return str(error).split(" version")[0]
    return "computed"


results = {"topk": open_file(Largest(), "topk.tflite"), "argmax": open_file(OneByOne(), "argmax.tflite")}
print("; ".join(f"{name}: {result}" for name, result in results.items()))
assert "STABLEHLO_SORT" in results["topk"] and results["argmax"] == "computed", "the interpreter sorts now"
PROGRAM
tail -1 output.txt # before it the converter tells of its steps
