"""The tables of heads say what lies in results/, each figure rounded once, from the pictures that were counted."""

import json

import pytest

from tests.documentation.blocks import ROOT

SYSTEMS = {"dogs": "s2", "photograph": "s3", "cartoon": "s4", "product": "s5"}
EXPERIMENTS = (ROOT / "EXPERIMENTS.md").read_text("utf-8").splitlines()
HEADS, STAGES = "head", "stages"


def rows(start):
    """Cells of the lines of the table below the one that begins so."""
    first = next(number for number, line in enumerate(EXPERIMENTS) if line.startswith(start)) + 2
    cells = []
    while EXPERIMENTS[first].startswith("|"):
        cells.append([cell.strip() for cell in EXPERIMENTS[first].strip("|").split("|")])
        first += 1
    return cells


def accuracy(pictures, network, part):
    """The share of right answers as a text of three decimals; that of a file has four, rounded from the same count."""
    system = next(number for word, number in SYSTEMS.items() if word in pictures)
    record = json.loads((ROOT / f"results/{system}_{part}.json").read_text("utf-8"))
    stored = next(one["accuracy"] for one in record["variants"] if one["name"] == network)
    answers = record["test_pictures"] * len(record["seeds"])
    return f"{round(stored * answers) / answers:.3f}"


CASES = [
    *[(row[0], row[1], HEADS, row[2]) for row in rows("| pictures, of the test | network | accuracy |")],
    *[(row[0], row[1], HEADS, row[2]) for row in rows("| pictures, of the test | network | linear | stages |")],
    *[(row[0], row[1], STAGES, row[3]) for row in rows("| pictures, of the test | network | linear | stages |")],
]


def test_both_tables_are_found():
    assert len(CASES) >= 60


@pytest.mark.parametrize(("pictures", "network", "part", "said"), CASES)
def test_an_accuracy_is_that_of_the_results(pictures, network, part, said):
    assert said.split(" ")[0] == accuracy(pictures, network, part)
