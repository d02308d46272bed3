#!/bin/sh
# transformers, torch: a DINOv2 classifier cannot be trained whole on two devices, because one parameter is for pretraining.
#
# One would guess: every parameter of AutoModelForImageClassification has a part in its answers, so DistributedDataParallel
#   trains it as it is.
# What happens: embeddings.mask_token is read only where patches are hidden, which no classification does. It is trainable,
#   gets no gradient, and the second step ends with "Expected to have finished reduction in the prior iteration". On one
#   device nothing shows. find_unused_parameters=True, or requires_grad_(False) on it, helps.
# Seen with: transformers 5.24.0, torch 2.14.1, Python 3.11: "without a gradient: ['dinov2.embeddings.mask_token'];
#   one device: 2 steps; two devices: RuntimeError at step 2; with find_unused_parameters: 2 steps".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6 transformers==5.24.0
cat > "$work/train.py" <<'PY'
import sys

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from transformers import Dinov2Config, Dinov2ForImageClassification


def build():
    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14, num_labels=2
    )
    return Dinov2ForImageClassification(config)


def train(model):
    for step in (1, 2):
        try:
            model(pixel_values=torch.rand(2, 3, 28, 28), labels=torch.tensor([0, 1])).loss.backward()
        except RuntimeError as error:
            assert "Expected to have finished reduction" in str(error), error
            return f"RuntimeError at step {step}"
    return "2 steps"


if len(sys.argv) == 1:
    model = build()
    told = train(model)
    idle = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    print(f"without a gradient: {idle}; one device: {told}")
else:
    distributed.init_process_group("gloo")
    told = train(DistributedDataParallel(build(), find_unused_parameters=sys.argv[1] == "find"))
    if distributed.get_rank() == 0:
        print(told)
    distributed.destroy_process_group()
PY
run() { "$work/env/bin/python" "$@" 2> "$work/errors" || { cat "$work/errors" >&2; exit 1; }; }
spread() { run -m torch.distributed.run --standalone --nproc_per_node 2 "$work/train.py" "$1"; }
found="$(run "$work/train.py"); two devices: $(spread plain); with find_unused_parameters: $(spread find)"
echo "$found"
[ "$found" = "without a gradient: ['dinov2.embeddings.mask_token']; one device: 2 steps; two devices: RuntimeError at step 2; with find_unused_parameters: 2 steps" ]
