"""A model for Core ML: iPhones, iPads and Macs. Only macOS computes it, so only there it can be proven and written."""

import platform
from pathlib import Path

import numpy as np
import torch

from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Outputs
from vitrine.ship.agreement import Ask
from vitrine.ship.engines.engine import Engine, as_outputs, build_network, need


def _write(predictor: Predictor, side: int, file: Path) -> None:
    if platform.system() != "Darwin":
        raise UserError(
            "--format coreml: only macOS computes Core ML, so nobody could see here whether the file answers as the "
            "model does; export it on a Mac, or take --format executorch, which iPhones compute too"
        )
    convert(predictor, side, file)


def convert(predictor: Predictor, side: int, file: Path) -> None:
    """Writes the file, in float32.

    Args:
        predictor: of the model folder, on the processor.
        side: of its pictures, in pixels.
        file: to write.

    Raises:
        UserError: coremltools is not installed.
    """
    coremltools = need("coremltools", "Core ML", "coreml")
    network, picture = build_network(predictor, side)
    program = torch.export.export(network, (picture,)).run_decompositions({})
    coremltools.convert(
        program,
        outputs=[coremltools.TensorType(name=name) for name in network.output_names],
        compute_precision=coremltools.precision.FLOAT32,
        minimum_deployment_target=coremltools.target.iOS17,
    ).save(str(file))


def _open(file: Path, names: tuple[str, ...]) -> Ask:
    model = need("coremltools", "Core ML", "coreml").models.MLModel(str(file))

    def ask(pixels: Pixels) -> Outputs:
        given = [model.predict({"pixel_values": picture[None]}) for picture in pixels]
        return as_outputs(names, [np.concatenate([one[name] for one in given]) for name in names])

    return ask


COREML = Engine("Core ML", "model.mlpackage", "coremltools", _write, _open)
