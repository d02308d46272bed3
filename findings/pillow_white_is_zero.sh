#!/bin/sh
# Pillow: a TIFF whose zero is white is turned over when it has 8 bits, and comes out as a negative when it has 16.
#
# One would guess: PhotometricInterpretation 0 (WhiteIsZero) is part of the file, so that a picture opened with Pillow has
#   black where the scanner saw black, whatever its number of bits.
# What happens: 8-bit levels are turned over on opening (mode L: the white paper is 255). 16-bit levels come as they are
#   stored (mode I;16: the white paper is 0), and so do floating-point ones; nothing but the tag itself tells them apart.
#   A data set of both kinds is half negatives, and a classifier learns which scanner was used.
# Seen with: Pillow 12.3.0, tifffile 2026.3.3, numpy 2.4.6: "8 bits 255, 16 bits 0, float 0.0".
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet pillow==12.3.0 tifffile==2026.3.3 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PY'
import numpy as np
import tifffile
from PIL import Image

found = {}
for name, kind in (("8 bits", np.uint8), ("16 bits", np.uint16), ("float", np.float32)):
    paper = np.zeros((16, 16), kind)  # zero is white: an empty sheet
    tifffile.imwrite("paper.tif", paper, photometric="miniswhite")
    with Image.open("paper.tif") as picture:
        assert picture.tag_v2[262] == 0  # the tag says so in all three
        found[name] = picture.getpixel((8, 8))
print(", ".join(f"{name} {level}" for name, level in found.items()))
assert found == {"8 bits": 255, "16 bits": 0, "float": 0.0}, "changed"
PY
