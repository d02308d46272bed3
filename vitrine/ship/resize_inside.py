"""An ONNX file that takes a whole picture: resizing and normalising are inside, so that no program must do them again.

ONNX Runtime resizes 8-bit pictures as Pillow does, which is within two levels of torch in three of a thousand places.
Other engines were not seen to; decoding and turning upright stay outside.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import compose, parser

from vitrine.data.images.resizing import FILL_COLORS
from vitrine.data.loading.labeled import LabeledImage
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import ArrayPreprocessing
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.onnx import NOTES, PICTURE, OnnxNetwork, open_session
from vitrine.records.atomic import write_bytes
from vitrine.records.model import Agreement
from vitrine.records.onnx_checksum import seal
from vitrine.ship.agreement import check_agreement, compare, gather

MOST_GAP = 0.02  # in probability: a level more or less of some pixels
# From a picture to what the network sees, in the text form of ONNX. `box` is height and width of the picture, `scaled`
# those after resizing; `square` is what is cut or filled.
GRAPH = """\
<ir_version: {ir_version}, opset_import: ["" : {opset}]>
resizing (uint8[height, width, 3] {picture}) => (float[1, 3, {side}, {side}] prepared)
<
  int64[1] first = {{0}}, int64[2] both = {{{side}, {side}}}, int64[1] one_side = {{{side}}},
  int64[2] planes = {{1, 3}}, int64[2] none = {{0, 0}}, int64[2] axes = {{2, 3}}, int64[2] two = {{2, 2}},
  int64[2] least = {{1, 1}}, double[1] exact_side = {{{side}}}, uint8 fill = {{{fill}}},
  float[1, 3, 1, 1] mean = {{{mean}}}, float[1, 3, 1, 1] deviation = {{{deviation}}}
>
{{
  channels = Transpose <perm = [2, 0, 1]> ({picture})
  whole = Unsqueeze (channels, first)
  box = Shape <start = 2, end = 4> (whole)
{sizes}
  sizes = Concat <axis = 0> (planes, scaled)
  resized = Resize <mode = "cubic", antialias = 1, cubic_coeff_a = -0.5, exclude_outside = 1,
                    coordinate_transformation_mode = "half_pixel"> (whole, , , sizes)
{square}
  levels = Cast <to = 1> (square)
  centered = Sub (levels, mean)
  prepared = Div (centered, deviation)
}}
"""
SIZES = {
    "squash": "  scaled = Identity (both)",
    "crop": """\
  shorter = ReduceMin <keepdims = 1> (box)
  enlarged = Mul (box, one_side)
  scaled = Div (enlarged, shorter)""",
    "letterbox": """\
  longer = ReduceMax <keepdims = 1> (box)
  exact_box = Cast <to = 11> (box)
  exact_longer = Cast <to = 11> (longer)
  share = Div (exact_side, exact_longer)
  exact_scaled = Mul (exact_box, share)
  rounded = Round (exact_scaled)
  whole_scaled = Cast <to = 7> (rounded)
  scaled = Max (whole_scaled, least)""",
}
SQUARES = {
    "squash": "  square = Identity (resized)",
    "crop": """\
  over = Sub (scaled, both)
  begin = Div (over, two)
  end = Add (begin, both)
  square = Slice (resized, begin, end, axes)""",
    "letterbox": """\
  under = Sub (both, scaled)
  before = Div (under, two)
  after = Sub (under, before)
  bars = Concat <axis = 0> (none, before, none, after)
  square = Pad (resized, bars, fill)""",
}


def write_with_resizing(plain: Path, file: Path, pictures: Sequence[LabeledImage]) -> Agreement:
    """Writes a file that resizes, once it was seen to answer as the one without does.

    Args:
        plain: file of `python -m vitrine export`, in any format of numbers.
        file: to write; one that is there is replaced.
        pictures: that the model has not learned from.

    Returns:
        How alike both answer.

    Raises:
        UserError: the model's preparation cannot be put inside, or the answers differ.
    """
    predictor = Predictor.load(str(plain))
    if not isinstance(predictor.preprocess, ArrayPreprocessing) or predictor.preprocess.steps:
        raise UserError(
            f"{file}: --resize-inside puts resizing and normalising into the file, and the model's preparation does "
            f"more ({', '.join(getattr(predictor.preprocess, 'steps', ())) or 'a processor of its own'}); leave it out"
        )
    content = _prepend(onnx.load(str(plain)), predictor.preprocess)
    sealed = seal(content)
    network = OnnxNetwork(open_session(sealed))
    both: list[tuple[Outputs, Outputs]] = []
    for picture in pictures:
        image = picture.open()
        both.append((predictor.network.run(predictor.pixels([image])), network.ask({PICTURE: np.asarray(image)})))
    agreement = compare(*(gather(predictor, outputs) for outputs in zip(*both, strict=True)))
    check_agreement(str(file), agreement, MOST_GAP)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, sealed)
    return agreement


def _prepend(content: onnx.ModelProto, preprocess: ArrayPreprocessing) -> onnx.ModelProto:
    notes = {note.key: note.value for note in content.metadata_props}
    (opset,) = (one.version for one in content.opset_import if one.domain == "")
    settings = preprocess.settings
    mean, deviation = (", ".join(str(255 * value) for value in settings[name]) for name in ("image_mean", "image_std"))
    text = GRAPH.format(
        ir_version=content.ir_version,
        opset=opset,
        picture=PICTURE,
        side=preprocess.side,
        fill=FILL_COLORS[settings.get("fill_color", "white")][0],
        mean=mean,
        deviation=deviation,
        sizes=SIZES[preprocess.resize],
        square=SQUARES[preprocess.resize],
    )
    first = compose.add_prefix(parser.parse_model(text), "resizing_", rename_inputs=False)
    whole = compose.merge_models(first, content, io_map=[("resizing_prepared", "pixel_values")])
    del whole.metadata_props[:]
    whole.metadata_props.add(key=NOTES, value=notes[NOTES])
    return whole
