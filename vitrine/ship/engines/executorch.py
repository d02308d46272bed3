"""A model for ExecuTorch: torch's own engine on Android and iOS; the processor computes it (XNNPACK)."""

from pathlib import Path

import numpy as np
import torch

from vitrine.errors import UserError, first_line
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Outputs
from vitrine.ship.agreement import Ask
from vitrine.ship.engines.engine import Engine, as_outputs, build_network, need


def _write(predictor: Predictor, side: int, file: Path) -> None:
    exir = need("executorch.exir", "ExecuTorch", "executorch")
    xnnpack = need("executorch.backends.xnnpack.partition.xnnpack_partitioner", "ExecuTorch", "executorch")
    network, picture = build_network(predictor, side)
    try:
        program = torch.export.export(network, (picture,))
        lowered = exir.to_edge_transform_and_lower(program, partitioner=[xnnpack.XnnpackPartitioner()])
        file.write_bytes(lowered.to_executorch().buffer)
    except Exception as error:  # of its many parts
        raise UserError(
            f"{predictor.model_id}: ExecuTorch cannot compute this network ({first_line(error)})"
        ) from error


def _open(file: Path, names: tuple[str, ...]) -> Ask:
    runtime = need("executorch.runtime", "ExecuTorch", "executorch").Runtime.get()
    method = runtime.load_program(str(file)).load_method("forward")

    def ask(pixels: Pixels) -> Outputs:
        given = [[value.numpy().copy() for value in method.execute([row[None]])] for row in torch.from_numpy(pixels)]
        return as_outputs(names, [np.concatenate(row) for row in zip(*given, strict=True)])

    return ask


EXECUTORCH = Engine("ExecuTorch", "model.pte", "executorch", _write, _open)
