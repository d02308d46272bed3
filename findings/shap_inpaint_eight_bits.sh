#!/bin/sh
# SHAP: what its image masker paints over hidden parts when pictures are numbers from 0 to 1.
#
# One would guess: `Image("inpaint_telea", shape)` paints hidden parts in from their surroundings, as `blur(k,k)` blurs them, in
# the numbers that the network takes: 0 to 1, or normalised.
# What happens: the whole picture, what is not hidden included, goes through 8-bit integers. From 0 to 1 everything
# below 1 becomes 0, so the network is asked about black pictures whatever is hidden; below 0 numbers wrap round to 255. The
# explanation comes without a warning, and is all but zero. Blurring keeps the numbers.
# Output seen: "left visible: 0.5 comes back as 0.0 (inpaint_telea), 0.5 (blur); -2.0 as 254.0".
# Seen with: shap 0.51.0, opencv-python-headless 5.0.0.93, numpy 2.4.6, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "shap==0.51.0" "opencv-python-headless==5.0.0.93" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PROGRAM'
import numpy as np
import shap

SHAPE = (32, 32, 3)


def shown(hiding, level):
    """The picture that the network would be asked about when one corner of an even picture is hidden."""
    masker = shap.maskers.Image(hiding, SHAPE)
    picture = np.full(SHAPE, level, np.float64)
    visible = np.ones(picture.size, bool).reshape(SHAPE)
    visible[:8, :8] = False
    (masked,) = masker(visible.ravel(), picture.ravel())
    return np.asarray(masked).reshape(SHAPE)[16, 16, 0]  # a pixel that is not hidden


black, kept, wrapped = shown("inpaint_telea", 0.5), shown("blur(5,5)", 0.5), shown("inpaint_telea", -2.0)
print(f"left visible: 0.5 comes back as {float(black)} (inpaint_telea), {float(kept)} (blur); -2.0 as {float(wrapped)}")
assert black == 0.0, "inpaint_telea now keeps numbers from 0 to 1"
assert kept == 0.5, "blurring no longer does"
PROGRAM
