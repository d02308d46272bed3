"""A model for LiteRT (TensorFlow Lite of before): Android, and small computers."""

import contextlib
import io
from pathlib import Path

import numpy as np

from vitrine.errors import UserError, first_line
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Outputs
from vitrine.ship.agreement import Ask
from vitrine.ship.engines.engine import Engine, as_outputs, build_network, need


def _write(predictor: Predictor, side: int, file: Path) -> None:
    converter = need("litert_torch", "LiteRT", "litert")
    network, picture = build_network(predictor, side)
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it tells of every step
            converter.convert(network, sample_kwargs={"pixel_values": picture}).export(str(file))
    except Exception as error:  # of its many parts
        raise UserError(f"{predictor.model_id}: LiteRT cannot compute this network ({first_line(error)})") from error


def _open(file: Path, names: tuple[str, ...]) -> Ask:
    interpreter = need("ai_edge_litert.interpreter", "LiteRT", "litert").Interpreter(str(file))
    run = interpreter.get_signature_runner()

    def ask(pixels: Pixels) -> Outputs:
        given = [run(pixel_values=picture[None]) for picture in pixels]
        # Copies: the interpreter writes the next answer into the same memory.
        rows = [[np.array(one[output]) for one in given] for output in sorted(given[0])]
        return as_outputs(names, [np.concatenate(row) for row in rows])

    return ask


LITERT = Engine("LiteRT", "model.tflite", "ai-edge-litert", _write, _open)
