"""What to expect before anything is trained: how well a pretrained network tells the classes apart."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.config.recipe import Recipe
from vitrine.workflows.parameters import Place, check_at_least_one, short_name
from vitrine.workflows.progress import Show, show_nothing, show_progress

if TYPE_CHECKING:
    from vitrine.data.prepared.dataset import PreparedDataset
    from vitrine.training.probe_features import ProbePlan
    from vitrine.workflows.notebook import Page

STUDIES = Path("studies")
PICTURES = 3000  # of which each class has its share


@dataclass(frozen=True, repr=False)
class Study:
    """What a pretrained network says of a data set.

    Attributes:
        folder: with the page and its figures.
        expectation: the sentence on top of the page.
        figures: as feasibility.json holds them.
    """

    folder: Path
    expectation: str
    figures: dict[str, Any]

    @property
    def report(self) -> "Page":
        """The page, with a map of the pictures and the classes that are mixed up."""
        from vitrine.reports.probe.page import PAGE
        from vitrine.workflows.notebook import Page

        return Page(self.folder / PAGE)

    def __repr__(self) -> str:
        return f"Study({str(self.folder)!r}: {self.expectation})"

    def _repr_html_(self) -> str:
        from vitrine.workflows.notebook import titled

        return titled(self.expectation, f"report: {self.report}")


def study(
    data: "PreparedDataset | Place",
    /,
    *,
    backbone: str | None = None,
    pictures: int = PICTURES,
    recipe: Place | None = None,
    folder: Place | None = None,
    progress: bool | None = None,
    **parameters: Any,
) -> Study:
    """Tells before any training how well the classes can be told apart. Test pictures are not looked at.

    Args:
        data: a data set, or the folder of one, as `prepare` makes it.
        backbone: pretrained network: a name that `python -m vitrine backbones` lists, an id on the Hugging Face Hub, or
            a model folder; None takes that of the recipe.
        pictures: look at so many at most, of each class its share.
        recipe: YAML file; None takes the defaults.
        folder: to write; None: `studies/<name>/<backbone>`.
        progress: True shows bars, False shows nothing; None: bars on a terminal and in a notebook.
        **parameters: any other parameter of a recipe.

    Raises:
        UserError: there is no such data set or network, or the network starts from random weights.

    Example:
        >>> import vitrine
        >>> data = vitrine.prepare("pictures/colours", image_size=16, progress=False)
        >>> study = vitrine.study(data, backbone="tiny", progress=False)
        >>> study.figures["pictures"]
        30
        >>> str(study.report)
        'studies/colours/tiny/feasibility.html'
    """
    from vitrine.training.matching_data import open_matching_data
    from vitrine.training.plan import plan_probe
    from vitrine.workflows.train import recipe_for

    check_at_least_one("pictures", pictures)
    prepared, resolved = open_matching_data(recipe_for(data, recipe, parameters))
    ways_out = 'name a pretrained network: backbone="resnet18", or a model folder'
    probe = plan_probe(resolved, backbone, ways_out)
    out = STUDIES / resolved.name / short_name(probe.backbone) if folder is None else Path(folder).expanduser()
    with show_progress(progress) as show:
        expectation, page = study_recipe(prepared, resolved, probe, pictures, out, show)
    figures = json.loads(page.with_suffix(".json").read_text("utf-8"))
    return Study(out, expectation, figures)


def study_recipe(
    prepared: "PreparedDataset", recipe: Recipe, probe: "ProbePlan", at_most: int, out: Path, show: Show = show_nothing
) -> tuple[str, Path]:
    """Looks at training and validation pictures with a pretrained network, and writes the page.

    Args:
        prepared: the data set.
        recipe: with the settings of the data set, as `open_matching_data` gives it.
        probe: with which network; see `plan_probe`.
        at_most: so many pictures, of each class its share.
        out: folder to write.
        show: told how far it is.

    Returns:
        The sentence on top of the page, and the page.

    Raises:
        UserError: there is no such network.
    """
    from vitrine.evaluation.probe.linear_probe import study_features
    from vitrine.models.quiet import silence_transformers
    from vitrine.records.environment import now
    from vitrine.reports.probe.page import PAGE, write_feasibility_page
    from vitrine.training.probe_features import compute_frozen_features, label_ids_of

    silence_transformers()
    seed = recipe.engine.seed
    found = compute_frozen_features(probe, prepared, at_most, lambda done, total: show("features", done, total))
    computed = time.perf_counter()
    show("measuring and drawing", 0, 0)
    result = study_features(found.values, label_ids_of(found.rows), len(prepared.label_names), found.groups, seed)
    seconds = {"features": found.seconds, "figures": time.perf_counter() - computed}
    facts = {"name": recipe.name, "created": now(), "seed": seed, **found.facts, "seconds": seconds}
    language = recipe.report.language
    expectation = write_feasibility_page(out, result, prepared, found.rows, found.looked_at, facts, language)
    return expectation, out / PAGE
