import json
from pathlib import Path

import pytest

from vitrine.commands import learning_curve
from vitrine.data.prepared.dataset import open_prepared
from vitrine.training import probe_features as frozen_features

RECIPE = ["name=colours", "data.image_size=32", "checks.near_duplicates=off", "checks.contradictions=keep"]


def test_the_command_writes_page_and_numbers_and_says_what_they_say(workplace, capsys):
    assert learning_curve.main([*RECIPE, "--backbone", "tiny"]) == 0
    printed = capsys.readouterr().out
    folder = workplace / "studies/colours/tiny"
    numbers = json.loads((folder / "learning_curve.json").read_text())
    assert numbers["claim"] in printed.replace("\n", " ")
    assert str(Path("studies/colours/tiny/learning_curve.html")) in printed
    assert numbers["curve"]["points"][-1]["accuracy"] > 0.9  # random convolutions tell colours apart
    splits = open_prepared(workplace / "prepared/colours").splits
    assert numbers["curve"]["pictures"] == len(splits["train"]) + len(splits["validation"])


def test_no_test_picture_is_looked_at(workplace, monkeypatch):
    seen = []
    compute = frozen_features.build_evaluation_loader
    monkeypatch.setattr(
        frozen_features,
        "build_evaluation_loader",
        lambda rows, *rest: seen.extend(rows["file"]) or compute(rows, *rest),
    )
    assert learning_curve.main([*RECIPE, "--backbone", "tiny", "--out", "out"]) == 0
    assert seen
    assert not set(seen) & set(open_prepared(workplace / "prepared/colours").splits["test"]["file"])


@pytest.mark.slow
def test_the_page_speaks_french_where_that_is_asked(workplace):
    assert learning_curve.main([*RECIPE, "model.backbone=tiny", "--out", "out", "--language", "fr"]) == 0
    assert "images aideraient-elles" in (workplace / "out/learning_curve.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "'small_cnn' starts from random weights"),
        (["model.backbone=tiny", "model.pretrained=false"], "model.pretrained: false starts the backbone from random"),
        (["--backbone", "nowhere"], "model.backbone: there is no 'nowhere'"),
        (["--backbone", "tiny", "--pictures", "0"], "--pictures: must be at least 1 (got 0)"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing_behind(workplace, capsys, arguments, message):
    assert learning_curve.main([*RECIPE, *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (workplace / "studies").exists()
