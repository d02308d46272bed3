"""A recipe: every parameter once, with its type, range, default, unit and meaning.

The sections stand in the files beside this one. `--help` prints their descriptions, the loader checks against their
types, and each run keeps the resolved values.
"""

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from vitrine.config.augmentation import AugmentationSection
from vitrine.config.data import ChecksSection, DataSection, LabelsSection, PreparationSection
from vitrine.config.model import SMALL_CNN, ModelSection
from vitrine.config.section import Section
from vitrine.config.training import (
    EarlyStoppingSection,
    EngineSection,
    ImbalanceSection,
    OptimSection,
    ReportSection,
)

PATIENCE = 5

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


class Recipe(Section):
    """A complete experiment: from pictures to an evaluated model."""

    name: Name = Field("pictures", description="names prepared/<name> and runs/<name>")
    data: DataSection = Field(DataSection(), description="pictures and their split")
    labels: LabelsSection = Field(LabelsSection(), description="classes")
    checks: ChecksSection = Field(ChecksSection(), description="what is looked for in the pictures")
    preparation: PreparationSection = Field(PreparationSection(), description="what is done to every picture")
    model: ModelSection = Field(ModelSection(), description="network")
    augmentation: AugmentationSection = Field(AugmentationSection(), description="random changes")
    imbalance: ImbalanceSection = Field(ImbalanceSection(), description="classes of unequal size")
    optim: OptimSection = Field(OptimSection(), description="optimiser and schedule")
    early_stopping: EarlyStoppingSection = Field(EarlyStoppingSection(), description="when to stop")
    engine: EngineSection = Field(EngineSection(), description="machine")
    report: ReportSection = Field(ReportSection(), description="final measurements")

    @model_validator(mode="after")
    def _phases_and_patience_fit(self) -> Self:
        if self.model.frozen_epochs >= self.optim.epochs:
            raise ValueError(
                "model.frozen_epochs must be less than optim.epochs, so that epochs are left to train the rest "
                f"(got {self.model.frozen_epochs} of {self.optim.epochs})"
            )
        if self.optim.schedule == "plateau" and self.optim.plateau_patience >= self.patience:
            raise ValueError(
                "optim.plateau_patience must be less than early_stopping.patience, or the training stops before the "
                f"rate falls (got {self.optim.plateau_patience} and {self.patience})"
            )
        return self

    @model_validator(mode="after")
    def _shards_are_read_as_they_are(self) -> Self:
        if self.engine.reading != "mixed" and (self.imbalance.method == "balanced_sampler" or self.data.folds):
            raise ValueError(
                f"engine.reading {self.engine.reading!r} takes the pictures as they lie in the files; it goes neither "
                "with imbalance.method=balanced_sampler nor with data.folds. Take engine.reading=mixed"
            )
        return self

    @model_validator(mode="after")
    def _training_pictures_fit_the_head(self) -> Self:
        fixed = self.data.image_size
        flattens = self.model.small_cnn.head_pool if self.model.backbone == SMALL_CNN else self.model.head
        for name in ("image_size", "first_image_size"):
            side = getattr(self.augmentation, name)
            if side is not None and side != fixed and flattens == "flatten":
                raise ValueError(
                    f"augmentation.{name} must be data.image_size where the head flattens its features, which makes it "
                    f"for one size (got {side} and {fixed})"
                )
        return self

    @model_validator(mode="after")
    def _training_pictures_grow(self) -> Self:
        if self.first_training_side > self.training_side:
            raise ValueError(
                "augmentation.first_image_size must not be larger than the size of the last epoch "
                f"(got {self.first_training_side} and {self.training_side})"
            )
        return self

    @property
    def training_side(self) -> int:
        """Side of the pictures that the network is trained with, in pixels, in the last epoch."""
        return self.augmentation.image_size or self.data.image_size

    @property
    def first_training_side(self) -> int:
        """The same in the first epoch."""
        return self.augmentation.first_image_size or self.training_side

    @property
    def patience(self) -> int:
        """Epochs without a better one before the training stops."""
        planned = self.optim.schedule not in ("plateau", "constant")
        return self.early_stopping.patience or (self.optim.epochs if planned else PATIENCE)

    @property
    def prepared_folder(self) -> Path:
        """Where the prepared data set lies; of one in a store its address, as a path (see `make_local`)."""
        return Path(self.data.prepared or f"prepared/{self.name}").expanduser()
