"""Every command that Vitrine prints can be given as it stands, and leads where it says.

A command that is added to README, docs, a recipe's comments or a command's help is found by `printed_commands` and
tested here without another line.
"""

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.documentation.blocks import read_blocks
from tests.factories import SIDE, prepare, write_colored_classes, write_tiny_resnet
from tests.printed_commands import ROOT, Printed, collect
from vitrine.commands import COMMANDS
from vitrine.commands.console import read_recipe
from vitrine.config.loading import load_recipe, parameter_names
from vitrine.config.recipe import Recipe
from vitrine.config.suited import training_kind
from vitrine.config.yaml_reader import parse_yaml
from vitrine.experiments.compare.file import load_comparison
from vitrine.experiments.search.file import load_search
from vitrine.experiments.search.space import find_fault
from vitrine.training.run import run_training

PRINTED = collect()
NOT_A_TRAINING = {"--resume", "--help"}
TRAININGS = [
    one for one in PRINTED if one.command == "train" and one.arguments and not NOT_A_TRAINING & set(one.arguments)
]
# Pictures of one color each: whatever learns at all names most of them rightly.
REACHED = {"head": 0.9, "scratch": 0.9, "fine_tuning": 0.0}


def find_file(printed: Printed, file: Path, folder: Path) -> Path:
    """A comparison or a search; what the page itself shows is written into the folder."""
    blocks = read_blocks(ROOT / printed.place) if printed.place.endswith(".md") else []
    for block in blocks:
        if block.language == "yaml" and block.file_name == file.name:
            (folder / file.name).write_text(block.code, "utf-8")
            return folder / file.name
    return file


def resolve(printed: Printed, folder: Path | None = None) -> Recipe | None:
    """What the command line means; None where no recipe belongs to it, or the command is named alone.

    A folder is needed for files that the page itself shows.
    """
    if not printed.arguments:
        return None
    parser = import_module(f"vitrine.commands.{printed.command.replace('-', '_')}").build_parser()
    options = parser.parse_intermixed_args(printed.arguments)
    if printed.command in ("compare", "search"):
        load = load_comparison if printed.command == "compare" else load_search
        load(find_file(printed, options.file, folder), options.overrides)
        return None
    if "recipe" not in options:
        return load_recipe(None, options.overrides) if "overrides" in options else None
    is_file = options.recipe is None or options.recipe.endswith(".yaml") or "=" in options.recipe
    return read_recipe(parser, printed.arguments).recipe if is_file else None


def test_commands_are_found_where_they_are_printed():
    places = {one.place for one in PRINTED}
    assert {
        "README.md",
        "README.fr.md",
        "docs/install.md",
        "docs/tutorials/shelter.md",
        "docs/several_devices.md",
        "configs/compare/heads.yaml",
    } <= places
    assert {f"configs/{path.name}" for path in ROOT.glob("configs/*.yaml")} <= places
    assert {"prepare", "train", "app", "study", "compare", "search", "predict", "evaluate"} <= {
        one.command for one in PRINTED
    }
    assert len(TRAININGS) > 20


@pytest.mark.parametrize("printed", PRINTED, ids=lambda one: one.text)
def test_a_printed_command_can_be_given_as_it_stands(printed, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    assert printed.command in COMMANDS
    if "--help" in printed.arguments:
        with pytest.raises(SystemExit, match=r"^0$"):
            resolve(printed)
        return
    resolve(printed, tmp_path)


def test_the_printed_command_for_a_head_trains_it_as_its_own_recipe_does(monkeypatch):
    monkeypatch.chdir(ROOT)
    head = next(resolve(one) for one in TRAININGS if "model.trainable_part=head" in one.arguments)
    own = load_recipe(ROOT / "configs/head_only.yaml")
    assert (head.optim, head.early_stopping) == (own.optim, own.early_stopping)


def sources():
    files = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("vitrine/**/*.py")]
    return [*files, *ROOT.glob("vitrine/ui/catalogs/*.yaml"), *ROOT.glob("configs/**/*.yaml")]


def test_every_parameter_that_a_hint_names_exists_and_takes_the_value():
    known = parameter_names(Recipe)
    sections = sorted({name.split(".")[0] for name in known if "." in name})
    hint = re.compile(rf"\b((?:{'|'.join(sections)})(?:\.[a-z_]+)+)=([\w.+-]+)")
    found = {match.groups() for path in sources() for match in hint.finditer(path.read_text("utf-8"))}
    assert len(found) > 30
    for name, text in sorted(found):
        assert name in known
        text = text.rstrip(".")
        faults = [find_fault(name, value) for value in (parse_yaml(text), text)]  # a number may be meant as text
        assert None in faults, f"{name}={text}: {faults[0]}"


@pytest.fixture(scope="module")
def colors(tmp_path_factory):
    """Pictures that a color tells apart, and a network that knows colors from another task."""
    folder = tmp_path_factory.mktemp("colors")
    prepared = prepare(write_colored_classes(folder / "source", per_class=40), folder / "prepared" / "colors")
    return prepared, write_tiny_resnet(folder / "checkpoint")


@pytest.mark.slow
@pytest.mark.parametrize("printed", TRAININGS, ids=lambda one: one.text)
def test_a_printed_training_reaches_a_model_that_has_learned(printed, colors, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    prepared, checkpoint = colors
    wanted = resolve(printed)
    recipe = wanted.model_copy(
        update={
            "data": prepared.facts.settings.data.model_copy(update={"prepared": str(prepared.folder)}),
            "labels": prepared.facts.settings.labels,
            "checks": prepared.facts.settings.checks,
            "preparation": prepared.facts.settings.preparation,
            "augmentation": wanted.augmentation.model_copy(update={"image_size": None}),
            "engine": wanted.engine.model_copy(update={"tracker": "none", "precision": "fp32", "workers": 0}),
            "report": wanted.report.model_copy(update={"study": False}),
        }
    )
    kind = training_kind(wanted.model_dump())
    if kind != "scratch":
        recipe = recipe.model_copy(
            update={"model": recipe.model.model_copy(update={"backbone": str(checkpoint), "drop_path": None})}
        )
    assert recipe.data.image_size == SIDE
    metrics = run_training(recipe, tmp_path, prepared=prepared)
    assert recipe.optim.epochs == 1 or metrics.test.accuracy >= REACHED[kind]  # one epoch only shows that it works
    history = (tmp_path / "history.csv").read_text("utf-8").splitlines()
    losses = [float(line.split(",")[1]) for line in history[1:]]
    assert len(losses) == 1 or min(losses) < losses[0]
