#!/bin/sh
# transformers, timm: a BitImageProcessor with the numbers of timm's own preparation gives other pixels than it.
#
# One would guess: preparing a picture is resizing the shorter side, cutting the middle, and normalising, so an image
#   processor with timm's size, crop, interpolation, mean and deviation gives the pixels of timm's transform but for rounding.
# What happens: where an odd number of pixels is left over, torchvision's CenterCrop, which timm takes, and transformers' own
#   cut the middle one pixel apart. timm's usual 235 for 224 leaves 11, so pixels differ by up to a deviation, though the
#   resized pictures differ by a hundredth of one.
# Seen with: transformers 5.24.0, timm 1.0.28, torchvision 0.29.1, Python 3.11:
#   "largest difference 0.91, moved by one row 0.02".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet torch==2.14.1 torchvision==0.29.1 numpy==2.4.6 pillow==12.3.0 transformers==5.24.0 timm==1.0.28
cat > "$work/pixels.py" <<'PY'
import numpy as np
import timm
import torch
from PIL import Image
from transformers import BitImageProcessor

settings = timm.get_pretrained_cfg("resnet18.a1_in1k").to_dict()
side, share = settings["input_size"][1], settings["crop_pct"]
mean, std = settings["mean"], settings["std"]
transform = timm.data.create_transform(
    input_size=settings["input_size"], crop_pct=share, interpolation=settings["interpolation"], mean=mean, std=std
)
twin = BitImageProcessor(
    size={"shortest_edge": int(side / share)}, crop_size={"height": side, "width": side}, image_mean=mean, image_std=std,
    resample=Image.Resampling.BICUBIC,
)
noise = np.random.default_rng(0).integers(0, 256, (33, 50, 3)).astype(np.uint8)
picture = Image.fromarray(noise).resize((501, 333), Image.Resampling.BICUBIC)
theirs = transform(picture)
ours = torch.as_tensor(twin(picture, return_tensors="pt")["pixel_values"][0])
gap = (theirs - ours).abs().max()
moved = (theirs - ours.roll(-1, dims=1))[:, 2:-2, 2:-2].abs().max()
print(f"largest difference {gap:.2f}, moved by one row {moved:.2f}")
assert theirs.shape == ours.shape
assert gap > 0.5 and moved < 0.05
PY
"$work/env/bin/python" "$work/pixels.py"
