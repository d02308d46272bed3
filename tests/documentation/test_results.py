"""Tables of figures say what lies in results/, each figure rounded once, from the pictures that were counted."""

import json

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

WHOLE = {  # likewise, of all of a network
    "s2": ("all", LITE0),
    "s3": ("all_mobilenet_v2", "mobilenet_v2"),
    "s4": ("all", "resnet18"),
    "s5": ("all_efficientnet_lite2", "efficientnet_lite2"),
}


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
    for name, _, figure, *_ in rows(FIVE_SYSTEMS, "| system | published | here, all of the network"):
        yield name.lower(), *WHOLE[name.lower()], figure
    for name, _, figure, *_ in rows(FIVE_SYSTEMS, "| system | published, own network"):
        yield name.lower(), "scratch", "scratch", figure


CASES = [*heads(), *five_systems()]


def accuracy(system, part, network):
    """The share of right answers with three decimals; that of a file has four, rounded from the same count."""
    record = json.loads((ROOT / f"results/{system}_{part}.json").read_text("utf-8"))
    stored = next(one["accuracy"] for one in record["variants"] if one["name"] == network)
    answers = record["test_pictures"] * len(record["seeds"])
    return f"{round(stored * answers) / answers:.3f}"


def test_the_tables_are_found():
    assert len(CASES) >= 71


@pytest.mark.parametrize(("system", "part", "network", "said"), CASES)
def test_an_accuracy_is_that_of_the_results(system, part, network, said):
    assert said.split(" ")[0] == accuracy(system, part, network)
