#!/bin/sh
# timm: how a pretrained EfficientNet starts its head for few classes.
#
# One would guess: `create_model(..., num_classes=2)` gives a head as torch starts it, uniform within 1 / sqrt(inputs): 0.028 of
# 1,280 features; ResNet of the same library has that.
# What happens: EfficientNet (and all networks of its builder) draw it within 1 / sqrt(classes): 0.71 for two classes, 0.03 only
# for a thousand. The first answers of a head on trained features are then near certain, whatever the picture, and a
# short training of the head alone starts from there.
# Output seen: EfficientNet-Lite0 0.707 (2 classes) and 0.032 (1,000), ResNet-18 0.044 and 0.044.
# Seen with: timm 1.0.31, torch 2.14.1, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "timm==1.0.31" "torch==2.14.1" "torchvision==0.29.1"
"$folder/venv/bin/python" - <<'PROGRAM'
import timm
import torch

torch.manual_seed(0)
largest = {}
for name in ("tf_efficientnet_lite0", "resnet18"):
    for classes in (2, 1000):
        head = timm.create_model(name, pretrained=False, num_classes=classes).get_classifier()
        largest[name, classes] = head.weight.abs().max().item()
        print(f"{name}, {classes} classes: largest weight of the head {largest[name, classes]:.3f}")
assert largest["tf_efficientnet_lite0", 2] > 0.65, "EfficientNet's head for two classes no longer starts large"
assert largest["resnet18", 2] < 0.05, "ResNet's head for two classes no longer starts small"
print(f"the two differ by a factor of {largest['tf_efficientnet_lite0', 2] / largest['resnet18', 2]:.0f}")
PROGRAM
