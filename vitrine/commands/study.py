"""Tell before any training how well the classes can be told apart, from the features of a pretrained network.

The prepared data set's training and validation pictures are looked at, its test pictures are not.

python -m vitrine study configs/s2_dogs5.yaml
python -m vitrine study configs/s2_dogs5.yaml --backbone google/mobilenet_v2_1.0_224
"""

import argparse
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

from vitrine.commands.console import parse_recipe, run_command
from vitrine.config.model import SMALL_CNN
from vitrine.config.schema import Recipe
from vitrine.errors import UserError

if TYPE_CHECKING:
    import datasets
    import numpy as np
    import numpy.typing as npt


STUDIES = Path("studies")
MOST_PICTURES = 3000  # of which each class has its share; more change the figures little and take minutes
BATCH_SIZE = 64

Show = Callable[[str, int, int], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit code."""

    def command() -> None:
        given = parse_recipe("python -m vitrine study", __doc__ or "", arguments, _add_options)
        _study(given.recipe, given.options)

    return run_command(command)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--backbone", metavar="FOLDER_OR_HUB_ID", help="pretrained network (default: the recipe's model.backbone)"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help=f"where to write (default: {STUDIES}/<name>/<backbone>)"
    )
    parser.add_argument(
        "--pictures",
        type=int,
        default=MOST_PICTURES,
        metavar="N",
        help="look at so many pictures at most, of each class its share (default: %(default)s)",
    )


def _study(recipe: Recipe, options: argparse.Namespace) -> None:
    backbone = options.backbone or recipe.model.backbone
    if backbone == SMALL_CNN:
        raise UserError(
            f"model.backbone: '{SMALL_CNN}' starts from random weights, so its features say nothing yet; "
            "name a pretrained network: --backbone microsoft/resnet-18, or a model folder"
        )
    if options.pictures < 1:
        raise UserError(f"--pictures: must be at least 1 (got {options.pictures})")
    out = options.out or STUDIES / recipe.name / _short_name(backbone)
    console = Console(highlight=False)
    start = time.perf_counter()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=None)

        def show(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total or None)

        sentence, page = _look(recipe, backbone, options.pictures, out, show)
    console.print(sentence, style="bold", markup=False, soft_wrap=True)
    console.print(f"{time.perf_counter() - start:.0f} s\nstudy:   {page}", markup=False, soft_wrap=True)


def _short_name(backbone: str) -> str:
    """The last part of a folder or Hub id, as the name of a folder; of a run's model, the run."""
    parts = [part for part in Path(backbone).expanduser().resolve().parts if part != "model"]
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", parts[-1])


def _look(recipe: Recipe, backbone: str, at_most: int, out: Path, show: Show) -> tuple[str, Path]:
    """Returns the sentence and the page."""
    import datasets
    import numpy as np
    import transformers

    from vitrine.data.prepared import read_groups
    from vitrine.data.split import TRAIN, VALIDATION
    from vitrine.evaluation.feasibility import choose_pictures, study_features
    from vitrine.records.environment import now
    from vitrine.reporting.feasibility_page import PAGE, write_feasibility_page
    from vitrine.training.run import open_matching_data

    transformers.logging.set_verbosity_error()  # its reports on replaced heads are for developers
    transformers.logging.disable_progress_bar()
    prepared, recipe = open_matching_data(recipe)
    everything = datasets.concatenate_datasets([prepared.splits[TRAIN], prepared.splits[VALIDATION]])
    seed = recipe.engine.seed
    rows = everything.select(choose_pictures(np.asarray(everything["label"]), at_most, seed))
    started = time.perf_counter()
    features, machine = _compute(recipe, backbone, prepared.label_names, rows, show)
    computed = time.perf_counter()
    show("measuring and drawing", 0, 0)
    groups = read_groups(prepared, rows["file"])
    study = study_features(features, np.asarray(rows["label"]), len(prepared.label_names), groups, seed)
    facts = {
        "name": recipe.name,
        "backbone": backbone,
        "created": now(),
        "seed": seed,
        "width": features.shape[1],
        "seconds": {"features": computed - started, "figures": time.perf_counter() - computed},
        **machine,
    }
    return write_feasibility_page(out, study, prepared, rows, len(everything), facts), out / PAGE


def _compute(
    recipe: Recipe, backbone: str, label_names: Sequence[str], rows: "datasets.Dataset", show: Show
) -> tuple["npt.NDArray[np.float32]", dict[str, str]]:
    """The features of the rows, and the machine and precision that computed them."""
    import torch

    from vitrine.data.loaders import build_evaluation_loader
    from vitrine.data.preparation import Preparation
    from vitrine.models.backbones import build_backbone, place
    from vitrine.models.features import compute_features
    from vitrine.training.devices import choose_precision, choose_workers, describe_device, keep_freed_memory

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        keep_freed_memory()
    precision = choose_precision(recipe.engine.precision, device)
    model, normalisation = build_backbone(backbone, label_names)
    workers = choose_workers(recipe.engine.workers, device)
    loader = build_evaluation_loader(rows, BATCH_SIZE, workers, recipe.data.image_size)
    done = 0

    def count(pictures: int) -> None:
        nonlocal done
        done += pictures
        show("features", done, len(rows))

    features = compute_features(
        place(model, device),
        loader,
        normalisation,
        precision,
        count,
        whitens=Preparation.from_section(recipe.preparation).whitens,
    )
    return features, {"device": describe_device(device), "precision": precision}
