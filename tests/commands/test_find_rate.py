import re
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from vitrine.commands import find_rate

RECIPE = [
    *("name=colours", "data.image_size=32", "checks.near_duplicates=off", "checks.contradictions=keep"),
    *("model.small_cnn.filters=[8, 16]", "optim.batch_size=16", "engine.precision=fp32"),
]


def test_the_suggestion_is_printed_as_a_recipe_takes_it_and_drawn(workplace, capsys):
    assert find_rate.main(RECIPE) == 0
    printed = capsys.readouterr().out
    rate = float(re.search(r"optim:\n  learning_rate: (\S+)", printed)[1])
    assert 1e-5 < rate < 1
    folder = workplace / "runs/colours"
    assert sorted(path.name for path in folder.iterdir()) == ["learning_rate.csv", "learning_rate.png"]
    assert Image.open(folder / "learning_rate.png").width > 600
    table = pd.read_csv(folder / "learning_rate.csv")
    assert table["learning_rate"].iloc[0] == pytest.approx(1e-7)
    assert table["smoothed_loss"].min() < table["smoothed_loss"].iloc[0]
    assert str(Path("runs/colours/learning_rate.png")) in printed


@pytest.mark.slow
def test_the_same_recipe_gives_the_same_suggestion_and_a_pretrained_head_one_too(workplace, capsys):
    arguments = [*RECIPE, "model.backbone=tiny", "model.trainable_part=head", "imbalance.method=focal", "--steps", "60"]
    tables = []
    for out in ("first", "second"):
        assert find_rate.main([*arguments, "--out", out]) == 0
        tables.append((workplace / out / "learning_rate.csv").read_text())
    assert tables[0] == tables[1]
    assert not (workplace / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "10"], "--steps: must be at least 40 (got 10)"),
        (["name=nothing"], "is not a prepared data set"),
        (["model.backbone=nowhere"], "nowhere"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing_behind(workplace, capsys, arguments, message):
    assert find_rate.main([*RECIPE, *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (workplace / "runs").exists()


@pytest.mark.parametrize(("choice", "is_told"), [("true", True), ("false", False)])
def test_it_says_where_a_training_would_fit_the_head_first(workplace, capsys, choice, is_told):
    arguments = [*RECIPE, "model.backbone=tiny", f"model.head_first={choice}", "--steps", "40"]
    find_rate.main(arguments)
    assert ("note: a training fits the head first" in capsys.readouterr().out) is is_told


def test_of_a_data_set_that_is_streamed_the_pictures_that_are_here_are_taken(in_many_files, put_in_store, tmp_path):
    address = put_in_store(in_many_files.folder)
    arguments = [f"data.prepared={address}", "engine.reading=streamed", "--steps", "40", "--out", str(tmp_path / "out")]
    assert find_rate.main([*RECIPE, *arguments]) == 0
    (copy,) = (tmp_path / "cache" / "vitrine" / "prepared").glob("bucket-*")
    assert copy.name.endswith("-streamed")
