"""Tables of figures say what lies in results/, each figure rounded once, from the pictures that were counted; so do the
comments of recipes."""

import json
import re

import pytest

from tests.documentation.blocks import ROOT

SYSTEMS = {"dogs": "s2", "photograph": "s3", "cartoon": "s4", "product": "s5"}
LITE0 = "efficientnet_lite0"
FIVE_SYSTEMS = "docs/five_systems.md"
REACHED = {  # by the recipe of each: part and network
    "s2": ("stages", LITE0),
    "s3": ("stages", LITE0),
    "s4": ("stages", LITE0),
    "s5": ("head", "efficientnet_lite2"),
}

WHOLE = {  # files of all of a network, by what the page calls it
    ("s2", "Lite0"): ("all", LITE0),
    ("s3", "Lite1"): ("all_efficientnet_lite1", "efficientnet_lite1"),
    ("s3", "MobileNetV2"): ("all_mobilenet_v2", "mobilenet_v2"),
    ("s4", "ResNet-18"): ("all", "resnet18"),
    ("s5", "Lite2"): ("all_efficientnet_lite2", "efficientnet_lite2"),
}
KEYS = {"accuracy": "accuracy", "kappa": "cohen_kappa", "accuracy without copies": "accuracy_without_copies"}

RECIPES = {  # system, part and network of the figures in their comments
    "head_only": [("s3", "stages", LITE0), ("s4", "stages", LITE0), ("s4", "augmented", LITE0)],
    "s2_dogs5": [("s2", "all", LITE0), ("s2", "all", "resnet18")],
    "s3_photo_or_not": [("s3", *REACHED["s3"])],
    "s4_cartoons": [("s4", *WHOLE["s4", "ResNet-18"])],
    "s5_products": [("s5", *REACHED["s5"]), ("s5", "head", LITE0), ("s5", *WHOLE["s5", "Lite2"])],
    "scratch_photos": [(system, "scratch", "scratch") for system in ("s2", "s3", "s4")],
}
MEASURED_ELSEWHERE = {"digits"}  # EXPERIMENTS.md, section 1
FIGURE = re.compile(r"\b[01]\.\d{3}\b")


def rows(page, start):
    """Cells of the lines of the table whose header begins so."""
    lines = (ROOT / page).read_text("utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(start)) + 2
    end = next(number for number in range(first, len(lines)) if not lines[number].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:end]]


def heads():
    """System, part, network and figure of the two tables of EXPERIMENTS.md."""
    tables = {"| pictures, of the test | network | accuracy |": ("head",)}
    tables["| pictures, of the test | network | linear | stages |"] = ("head", "stages")
    for start, parts in tables.items():
        for pictures, network, *figures in rows("EXPERIMENTS.md", start):
            system = next(number for word, number in SYSTEMS.items() if word in pictures)
            yield from ((system, part, network, figure) for part, figure in zip(parts, figures, strict=False))


def five_systems():
    """The same of the page about the five systems."""
    for name, _, figure, *_ in rows(FIVE_SYSTEMS, "| system | published | here, 95 % interval"):
        yield name.lower(), *REACHED[name.lower()], figure
    for name, _, figure, plain, _, last in rows(FIVE_SYSTEMS, "| system | published | here, all of the network"):
        system = name.lower()
        part, network = next(WHOLE[one] for one in WHOLE if one[0] == system and one[1] in last)
        yield system, part, network, figure
        if plain:
            yield system, "all_plain", network, plain
    for name, _, figure, *_ in rows(FIVE_SYSTEMS, "| system | published, own network"):
        yield name.lower(), "scratch", "scratch", figure


CASES = [*heads(), *five_systems()]


def accuracy(system, part, network):
    """The share of right answers with three decimals; that of a file has four, rounded from the same count."""
    record, variant = measured(system, part, network)
    answers = record["test_pictures"] * len(record["seeds"])
    return f"{round(variant['accuracy'] * answers) / answers:.3f}"


def measured(system, part, network):
    """A file of results, and what it holds of a network."""
    record = json.loads((ROOT / f"results/{system}_{part}.json").read_text("utf-8"))
    return record, next(one for one in record["variants"] if one["name"] == network)


def comment_figures(path):
    """Figures with three decimals in the comments of a recipe."""
    return FIGURE.findall(" ".join(line.partition("#")[2] for line in path.read_text("utf-8").splitlines()))


def test_the_tables_are_found():
    assert len(CASES) >= 76


@pytest.mark.parametrize(("system", "part", "network", "said"), CASES)
def test_an_accuracy_is_that_of_the_results(system, part, network, said):
    assert said.split(" ")[0] == accuracy(system, part, network)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_comments_of_a_recipe_say_what_the_results_say(recipe):
    said = comment_figures(ROOT / f"configs/{recipe}.yaml")
    accuracies = [accuracy(*case) for case in RECIPES[recipe]]
    variants = [measured(*case)[1] for case in RECIPES[recipe]]
    others = [one[key] for one in variants for key in ("accuracy_deviation", "accuracy_without_copies")]
    assert set(accuracies) <= set(said) <= {*accuracies, *(f"{one:.3f}" for one in others if one is not None)}


def test_every_recipe_with_a_figure_in_its_comments_is_compared():
    named = {path.stem for path in ROOT.glob("configs/**/*.yaml") if comment_figures(path)}
    assert named == RECIPES.keys() | MEASURED_ELSEWHERE


@pytest.mark.parametrize(
    ("page", "start"), [("docs/measured.md", "| | pictures a second |"), ("EXPERIMENTS.md", "| side | images/s |")]
)
def test_the_tables_of_the_peers_say_what_was_measured(page, start):
    peers = json.loads((ROOT / "results/peers.json").read_text("utf-8"))["training"]
    table = rows(page, start)
    assert len(table) == len(peers)
    for side, speed, seconds, *_, said in table:
        library = side.replace("*", "").replace(",", " ").split()[0]
        (peer,) = (one for one in peers if one["name"].replace("*", "").startswith(library))
        assert float(speed) == pytest.approx(peer["images_per_second"], abs=0.5)
        assert said == "{:.3f} ({:.3f} to {:.3f})".format(*peer["accuracy"])
        reached = peer["seconds_to_accuracy"]
        assert seconds == ("not reached" if reached is None else f"{reached:.0f}")


@pytest.mark.parametrize("row", rows(FIVE_SYSTEMS, "| system | figure | goal | reached |"), ids=" ".join)
def test_a_goal_is_that_of_its_system_and_reached(row):
    name, figure, goal, reached, where = row
    system, part, network = re.fullmatch(r"`(s\d)_(\w+)\.json`, (\w+)", where).groups()
    record, variant = measured(system, part, network)
    key = "f1.photo" if figure == "F1 of photo" else KEYS[figure]
    value = variant["f1"]["photo"] if key == "f1.photo" else variant[key]
    assert name.lower().startswith(system) or system == "s2"
    assert record["goals"][key] == float(goal) <= value
    assert float(reached) == pytest.approx(value, abs=0.0006)
