"""Every run that a comparison needs, each with the folder and the identity that tell whether it is done."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from vitrine.config.aliases import first_names
from vitrine.config.identity import FREE_FOR_FINISHED_RUNS
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.experiments.compare.datasets import fingerprint_data
from vitrine.experiments.compare.file import Comparison
from vitrine.records import folder as run_folder
from vitrine.records.prepared import read_facts
from vitrine.training.machine.trackers import flatten
from vitrine.training.matching_data import adopt_settings

LETTERS = 8  # of the identity, in the folder's name: another recipe's run lies beside it, none is ever replaced


@dataclass(frozen=True)
class PlannedRun:
    """One training of a comparison.

    Attributes:
        variant: its name.
        seed: of weights, order and augmentation.
        fold: which fold is for validation; None without k-fold.
        recipe: resolved, with seed, fold and prepared data set.
        identity: digest of all that decides the result: recipe and pictures.
        data: digest of the pictures alone.
        folder: of the run once it is finished.
    """

    variant: str
    seed: int
    fold: int | None
    recipe: Recipe
    identity: str
    data: str
    folder: Path

    @property
    def title(self) -> str:
        """For people: "light, seed 3"."""
        fold = "" if self.fold is None else f", fold {self.fold}"
        return f"{self.variant}{fold}, seed {self.seed}"

    @property
    def unfinished(self) -> Path:
        """The folder while the run is at work, or was interrupted."""
        return self.folder.with_name(self.folder.name + run_folder.UNFINISHED)

    @property
    def failure(self) -> Path:
        """The file that says why it cannot be done."""
        return self.folder.with_name(self.folder.name + ".failed.json")

    @property
    def lock(self) -> Path:
        """The file that a process locks while it does the run; the system frees it when the process ends, however."""
        return self.folder.parent.parent / ".locks" / f"{self.variant}.{self.folder.name}"

    def is_done(self) -> bool:
        """Whether its figures are there.

        Raises:
            UserError: its folder is there without them.
        """
        if self.folder.exists() and not (self.folder / run_folder.METRICS).exists():
            raise UserError(f"{self.folder}: {run_folder.METRICS} is missing; remove the folder to train it again")
        return self.folder.exists()


def plan_runs(comparison: Comparison, folder: Path, prepared: dict[str, Path]) -> list[PlannedRun]:
    """All runs, seed by seed, so that an early look shows all variants.

    Args:
        comparison: what is compared.
        folder: of the comparison; holds a folder for each variant.
        prepared: the prepared data set of each variant.
    """
    digests = {path: fingerprint_data(path) for path in set(prepared.values())}
    settings = {path: read_facts(path).settings for path in digests}
    folds = [None] if comparison.folds is None else list(range(comparison.folds))
    runs = []
    for seed in comparison.seeds:
        for fold in folds:
            for variant in comparison.variants:
                place = prepared[variant.name]
                chosen = {"prepared": str(place)} | ({} if fold is None else {"fold": fold})
                recipe = variant.recipe.model_copy(
                    update={
                        "engine": variant.recipe.engine.model_copy(update={"seed": seed}),
                        "data": variant.recipe.data.model_copy(update=chosen),
                    }
                )
                recipe = adopt_settings(recipe, settings[place], place)
                identity = identify_run(recipe, digests[place])
                name = f"seed_{seed}_{identity[:LETTERS]}" if fold is None else (
                    f"fold_{fold}_seed_{seed}_{identity[:LETTERS]}"
                )  # fmt: skip
                final = folder / variant.name / name
                runs.append(PlannedRun(variant.name, seed, fold, recipe, identity, digests[place], final))
    return runs


def identify_run(recipe: Recipe, data: str) -> str:
    """A digest of a resolved recipe, less what does not change the figures, and of its pictures."""
    values = first_names(flatten(recipe.model_dump(mode="json")))
    settings = {name: str(value) for name, value in values.items() if name not in FREE_FOR_FINISHED_RUNS}
    settings.pop("data.keep_split", None)  # of the preparation; what it gave is in the digest of the pictures
    return hashlib.sha256(json.dumps([settings, data], sort_keys=True).encode()).hexdigest()
