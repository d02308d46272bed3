"""Vitrine: from a folder of pictures to an image classifier that people can try in a browser.

import vitrine
data = vitrine.prepare("pictures/dogs")
run = vitrine.train(data, backbone="resnet18")
run.report
model = vitrine.load(run)
model.predict("photo.jpg")
"""

from __future__ import annotations

from vitrine.python_version import check_python

check_python()  # first, before anything that an old Python cannot read

from vitrine.telemetry import switch_off_telemetry  # noqa: E402 (the check comes first)

switch_off_telemetry()

from importlib import import_module  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

if TYPE_CHECKING:
    from vitrine.errors import UserError
    from vitrine.workflows.compare import Comparison, compare
    from vitrine.workflows.dataset import DataSet
    from vitrine.workflows.evaluation_page import Evaluation, evaluate
    from vitrine.workflows.model import ImagePrediction, Model, load
    from vitrine.workflows.prepare import prepare
    from vitrine.workflows.retrain import retrain
    from vitrine.workflows.retraining import Retrained
    from vitrine.workflows.rollback import roll_back
    from vitrine.workflows.run import Run
    from vitrine.workflows.study import Study, study
    from vitrine.workflows.train import train

__version__ = "0.1.0"
__all__ = [
    "Comparison",
    "DataSet",
    "Evaluation",
    "ImagePrediction",
    "Model",
    "Retrained",
    "Run",
    "Study",
    "UserError",
    "compare",
    "evaluate",
    "load",
    "prepare",
    "retrain",
    "roll_back",
    "study",
    "train",
]

# Where each name lies: importing vitrine loads none of the libraries, a name loads what it needs.
_PLACES = {
    "Comparison": "vitrine.workflows.compare",
    "DataSet": "vitrine.workflows.dataset",
    "Evaluation": "vitrine.workflows.evaluation_page",
    "Model": "vitrine.workflows.model",
    "ImagePrediction": "vitrine.workflows.model",
    "Retrained": "vitrine.workflows.retraining",
    "Run": "vitrine.workflows.run",
    "Study": "vitrine.workflows.study",
    "UserError": "vitrine.errors",
    "compare": "vitrine.workflows.compare",
    "evaluate": "vitrine.workflows.evaluation_page",
    "load": "vitrine.workflows.model",
    "prepare": "vitrine.workflows.prepare",
    "retrain": "vitrine.workflows.retrain",
    "roll_back": "vitrine.workflows.rollback",
    "study": "vitrine.workflows.study",
    "train": "vitrine.workflows.train",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'vitrine' has no attribute {name!r}")
    value = getattr(import_module(_PLACES[name]), name)
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
