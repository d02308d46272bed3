import json
from pathlib import Path

import pytest

from vitrine.commands import study
from vitrine.data.prepared.dataset import open_prepared

RECIPE = ["name=colours", "data.image_size=32", "checks.near_duplicates=off", "checks.contradictions=keep"]


def test_a_study_says_what_to_expect_and_where_its_page_lies(workplace, capsys):
    assert study.main([*RECIPE, "--backbone", "tiny"]) == 0
    printed = capsys.readouterr().out
    numbers = json.loads((workplace / "studies/colours/tiny/feasibility.json").read_text())
    assert numbers["head"]["accuracy"] > 0.9  # random convolutions tell colours apart
    assert f"Expect an accuracy of about {numbers['head']['accuracy']:.2f} with a frozen backbone" in printed
    assert str(Path("studies/colours/tiny/feasibility.html")) in printed
    assert printed.endswith(f"next:    python -m vitrine train {' '.join(RECIPE)}\n")
    assert numbers["expectation"] in printed.replace("\n", " ")


def test_a_study_needs_no_settings_of_the_data_set_repeated(workplace, caplog):
    assert study.main(["name=colours", "--backbone", "tiny"]) == 0
    assert "note: as prepared/colours was prepared: data.image_size=32" in caplog.text
    assert json.loads((workplace / "studies/colours/tiny/feasibility.json").read_text())["pictures"] == 51


def test_the_recipes_backbone_is_the_default_and_out_says_where(workplace):
    assert study.main([*RECIPE, "model.backbone=tiny", "--out", "elsewhere/deep"]) == 0
    assert sorted(path.name for path in (workplace / "elsewhere/deep").iterdir()) == [
        "feasibility.html",
        "feasibility.json",
    ]
    assert not (workplace / "studies").exists()


def test_training_and_validation_pictures_are_studied_and_no_test_picture(workplace):
    assert study.main([*RECIPE, "--backbone", "tiny", "--out", "out"]) == 0
    splits = open_prepared(workplace / "prepared/colours").splits
    page = (workplace / "out/feasibility.html").read_text()
    dots = json.loads(page.split('id="dots">')[1].split("</script>")[0])["dots"]
    files = {dot["file"] for dot in dots}
    assert files == {*splits["train"]["file"], *splits["validation"]["file"]}
    assert not files & set(splits["test"]["file"])


def test_fewer_pictures_are_studied_where_that_is_asked(workplace):
    assert study.main([*RECIPE, "--backbone", "tiny", "--out", "out", "--pictures", "33"]) == 0
    numbers = json.loads((workplace / "out/feasibility.json").read_text())
    assert numbers["pictures"] == 33
    assert "33 of the 51 pictures were studied" in (workplace / "out/feasibility.html").read_text()


def test_the_untrained_small_cnn_is_refused_with_a_way_out(workplace, capsys):
    assert study.main(RECIPE) == 2
    assert "'small_cnn' starts from random weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backbone", "nowhere"], "model.backbone: there is no 'nowhere'"),
        (["--backbone", "tiny", "--pictures", "0"], "--pictures: must be at least 1 (got 0)"),
        (["--backbone", "tiny", "data.image_size=64"], "prepared with other settings"),
        (["--backbone", "tiny", "name=nothing"], "is not a prepared data set"),
        (["--backbone", "tiny", "--out", "tiny/config.json"], "a file has the name that a folder needs"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing_behind(workplace, capsys, arguments, message):
    assert study.main([*RECIPE, *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (workplace / "studies").exists()
