"""What a finished run says of its model, gathered for its card."""

from dataclasses import dataclass
from pathlib import Path

from vitrine.config.loading import load_stored_recipe
from vitrine.config.model import SMALL_CNN
from vitrine.data.prepared.dataset import open_prepared
from vitrine.data.prepared.description import describe_training_data
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.models.backbones.table import BACKBONES
from vitrine.records.environment import Environment
from vitrine.records.folder import DATA, ENVIRONMENT, METRICS, MODEL, RECIPE, UNFINISHED
from vitrine.records.model import METADATA, ModelMetadata
from vitrine.records.public import public_backbone
from vitrine.records.run import Metrics, brings_code
from vitrine.records.training_data import TrainingData


@dataclass(frozen=True)
class RunEvidence:
    """All that a card is written from.

    Attributes:
        metadata: content of `vitrine.json`.
        metrics: every figure of the run.
        environment: what it was made with.
        data: what it learned from.
        own_code: whether the model folder brings Python code that `transformers` must be allowed to run.
    """

    metadata: ModelMetadata
    metrics: Metrics
    environment: Environment
    data: TrainingData
    own_code: bool

    @property
    def is_pretrained(self) -> bool:
        """Whether it started from weights that had learned something."""
        pretrained: bool = self.metadata.recipe.get("model", {}).get("pretrained", True)
        return pretrained and self.metrics.training.backbone != SMALL_CNN

    @property
    def weights(self) -> str:
        """Id on the Hub, or name, of the weights that it started from."""
        backbone = self.metrics.training.backbone
        if backbone in BACKBONES:
            return BACKBONES[backbone].weights
        name = public_backbone(backbone)
        return name if name == backbone.removeprefix("hf-hub:") else f"{name} (a local copy)"


def read_evidence(run_folder: Path) -> RunEvidence:
    """Reads the records of a run.

    Args:
        run_folder: of a run whose model is written.

    Raises:
        UserError: it is not a finished run, or a record is missing or damaged.
    """
    model = run_folder / MODEL
    if not (model / METADATA).is_file():
        raise UserError(f"{model}: {METADATA} is missing, so nothing is known about the model; train again")
    return RunEvidence(
        metadata=ModelMetadata.read(model / METADATA),
        metrics=Metrics.read(run_folder / METRICS),
        environment=Environment.read(run_folder / ENVIRONMENT),
        data=_read_data(run_folder),
        own_code=brings_code(model),
    )


def find_run(place: Path) -> Path:
    """The finished run that a folder belongs to: itself, or the one that a model folder lies in.

    Args:
        place: folder of a run, or its model folder.

    Raises:
        UserError: it is neither, or the run is not finished.
    """
    folder = place.parent if not (place / RECIPE).is_file() and (place.parent / RECIPE).is_file() else place
    if not place.exists():
        raise UserError(f"{place}: there is no such folder; `{command_line('runs')}` lists the runs")
    if not (folder / RECIPE).is_file():
        raise UserError(
            f"{place} is not a run folder (no {RECIPE}): a model's figures lie in its run, for example runs/dogs/latest"
        )
    folder = folder.resolve()  # "latest" is a link
    if folder.name.endswith(UNFINISHED):
        raise UserError(
            f"{folder} is not finished; go on with `{command_line('train')} --resume {folder}` and publish it then"
        )
    return folder


def _read_data(run_folder: Path) -> TrainingData:
    """What the training noted; for runs of earlier builds, what the data set says that they were trained on."""
    if (run_folder / DATA).exists():
        return TrainingData.read(run_folder / DATA)
    prepared = make_local(load_stored_recipe(run_folder / RECIPE).prepared_folder)
    if not prepared.is_dir():
        raise UserError(
            f"{run_folder}: an earlier version of Vitrine made it, and its data set {prepared} is not here any more, "
            "so nobody knows what the model learned from; train again"
        )
    return describe_training_data(open_prepared(prepared))
