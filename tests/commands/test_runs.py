"""`python -m vitrine runs`: one row per run, whatever else lies in the folder."""

import csv
import io
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.reports.run_folders import NOW, write_run
from vitrine.commands import runs as command
from vitrine.experiments.compare.cost import COST
from vitrine.records.folder import ENVIRONMENT, METRICS, RECIPE, UNFINISHED, hold_run


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    """A function that runs the command where `runs/` lies: (exit code, output, errors)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*arguments):
        return command.main(arguments), *capsys.readouterr()

    return call


def names_in(table):
    """First words of the rows."""
    rows = table.split("\n\n")[0].splitlines()[1:]
    return [row.split()[0] for row in rows]


def test_a_row_says_what_a_run_was_and_what_it_reached(show):
    write_run("dogs", 2.5, overrides=["optim.learning_rate=1e-4", "model.trainable_part=head"])
    code, out, err = show()
    assert (code, err) == (0, "")
    row = out.splitlines()[1]
    for cell in ("dogs", "2 h ago", "1 min 35 s", "0.900 0.85-0.90", "0.300", "resnet-18", "adamw 0.0001", "7/10"):
        assert cell in row


def test_a_run_whose_batch_size_was_chosen_by_the_machine_is_shown(show):
    write_run("dogs", 1, overrides=["optim.batch_size=auto"])
    code, out, err = show()
    assert (code, err, names_in(out)) == (0, "", ["dogs"])
    assert [row["batch_size"] for row in csv.DictReader(io.StringIO(show("--csv")[1]))] == ["auto"]


def test_a_recipe_that_was_cut_short_is_not_read_as_one_of_defaults(show):
    (write_run("cut", 1) / RECIPE).write_text("name: cut\n")
    code, _, err = show()
    assert code == 1
    assert "the section model is missing" in err


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("age", ["new", "middle", "old"]),
        ("accuracy", ["old", "new", "middle"]),
        ("loss", ["middle", "old", "new"]),
        ("duration", ["new", "old", "middle"]),
    ],
)
def test_rows_are_sorted_with_the_best_first(show, order, expected):
    write_run("old", 30, accuracy=0.95, loss=0.4, seconds=60)
    write_run("middle", 20, accuracy=0.5, loss=0.2, seconds=600)
    write_run("new", 10, accuracy=0.7, loss=0.5, seconds=6)
    assert names_in(show("--sort", order)[1]) == expected


def test_an_unfinished_run_comes_last_and_says_how_to_go_on(show):
    halted = write_run("halted", 1, suffix=UNFINISHED)
    write_run("good", 2)
    out = show("--sort", "accuracy")[1]
    assert names_in(out) == ["good", "halted"]
    assert f"python -m vitrine train --resume {halted}" in out
    assert "last written" in out


def test_a_run_of_a_comparison_goes_on_with_its_command(show):
    halted = write_run("halted", 1, suffix=UNFINISHED)
    (halted / COST).touch()
    out = show()[1]
    assert f"the command of its comparison once more: {halted}" in out
    assert "--resume" not in out


def test_a_run_at_work_is_not_offered_to_go_on_with(show):
    folder = write_run("busy", 1, suffix=UNFINISHED)
    with hold_run(folder):
        out = show()[1]
        rows = list(csv.DictReader(io.StringIO(show("--csv")[1])))
    assert "at work" in out
    assert "--resume" not in out
    assert [row["state"] for row in rows] == ["at work"]


def test_a_pattern_chooses_names_and_a_wrong_one_is_answered_with_those_that_exist(show):
    for name in ("dogs_a", "dogs_b", "cats"):
        write_run(name, 1)
    assert sorted(names_in(show("--name", "dogs*")[1])) == ["dogs_a", "dogs_b"]
    code, _, err = show("--name", "birds")
    assert code == 2
    assert "'cats', 'dogs_a', 'dogs_b'" in err


def test_broken_and_foreign_folders_are_named_and_the_others_shown(show):
    write_run("good", 1)
    (write_run("no_number", 2) / METRICS).write_text('{"test": {"accuracy": NaN}}')
    (write_run("cut_off", 3) / METRICS).write_text('{"test": ')
    (write_run("no_times", 4) / ENVIRONMENT).unlink()
    (write_run("odd_recipe", 5) / RECIPE).write_text("- a list")
    (write_run("no_yaml", 6) / RECIPE).write_bytes(b"name: [\xff")
    Path("runs/notes/summer").mkdir(parents=True)
    Path("runs/readme.txt").write_text("no run")
    Path("runs/good/latest").symlink_to(next(Path("runs/good").iterdir()).name)
    code, out, err = show()
    assert code == 1
    assert names_in(out) == ["good"]
    for name in ("no_number", "cut_off", "no_times", "odd_recipe", "no_yaml", str(Path("notes/summer"))):
        assert name in err
    assert "readme" not in err
    assert "7 folders" not in err
    assert "6 folders" in err


@pytest.mark.parametrize(
    ("columns", "shown", "left_out"),
    [
        (80, ["a_recip", "2 weeks ago"], "(loss, optimiser, epochs, data: in a wider terminal, or with --csv)"),
        (100, ["a_recip", "rmsprop 0.001"], "(epochs, data: in a wider terminal, or with --csv)"),
        (160, ["a_recipe_with_a_very_long_name", "rmsprop 0.001", "7/9999"], None),
    ],
)
def test_the_table_fits_the_terminal_and_says_what_did_not_fit(show, monkeypatch, columns, shown, left_out):
    monkeypatch.setenv("COLUMNS", str(columns))
    overrides = ["model.backbone=timm/some_network_with_a_very_long_name", "optim.name=rmsprop", "optim.epochs=9999",
                 "optim.learning_rate=0.001"]  # fmt: skip
    write_run("a_recipe_with_a_very_long_name", 500, seconds=40_000, overrides=overrides)
    write_run("short", 5000, suffix=UNFINISHED, overrides=["optim.learning_rate=1.25e-5"])
    table = show()[1].split("\n\n")[0]
    assert max(map(len, table.splitlines())) <= max(columns, len(left_out or ""))
    for words in shown:
        assert words in table
    assert (left_out in table) if left_out else ("wider terminal" not in table)


def test_csv_has_every_figure_and_whole_names(show):
    folder = write_run("dogs", 3, accuracy=0.75, overrides=["engine.seed=3"])
    write_run("halted", 4, suffix=UNFINISHED)
    rows = list(csv.DictReader(io.StringIO(show("--csv")[1])))
    assert [row["state"] for row in rows] == ["finished", "unfinished"]
    assert rows[0]["folder"] == str(folder)
    assert float(rows[0]["test_accuracy"]) == 0.75
    assert float(rows[0]["duration_seconds"]) == 95
    assert (rows[0]["backbone"], rows[0]["seed"]) == ("microsoft/resnet-18", "3")
    assert rows[1]["test_accuracy"] == ""


def test_no_folder_of_runs_says_what_makes_one(show):
    code, _, err = show()
    assert code == 2
    assert "the first `python -m vitrine train` makes it" in err


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (0, "0 s ago"),
        (0.5, "30 min ago"),
        (23, "23 h ago"),
        (25, "1 day ago"),
        (60, "2 days ago"),
        (400, "2 weeks ago"),
    ],
)
def test_age_is_told_in_the_largest_unit_that_fits(hours, words):
    assert command.age(NOW - timedelta(hours=hours), NOW) == words


def test_the_list_is_shown_without_loading_torch(show):
    write_run("dogs", 1)
    program = "import sys; from vitrine.commands.runs import main; main([]); sys.exit('torch' in sys.modules)"
    environment = {"PYTHONPATH": str(Path(command.__file__).parents[2])}
    answer = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    assert answer.returncode == 0, answer.stderr


def test_runs_name_the_version_of_their_pictures_and_say_where_it_changed(show):
    write_run("dogs", 1, version="a1b2c3d4e5f6")
    write_run("dogs", 2, version="ffffffffffff")
    write_run("cats", 3, version="a1b2c3d4e5f6")
    write_run("cats", 4)  # an earlier build noted none
    out = show()[1]
    rows = [row.split() for row in out.split("\n\n")[0].splitlines()]
    assert [row[-1] for row in rows] == ["data", "a1b2", "ffff", "a1b2", "-"]
    assert "note: runs of dogs are of 2 versions of their pictures (data); compare within one\n" in out
    assert "runs of cats" not in out
    table = csv.DictReader(io.StringIO(show("--csv")[1]))
    assert [row["dataset_version"] for row in table] == ["a1b2c3d4e5f6", "ffffffffffff", "a1b2c3d4e5f6", ""]


def test_runs_of_one_network_are_told_apart_by_what_differs_in_their_recipes(show):
    plain = ["augmentation.policy=none", "augmentation.horizontal_flip=false"]
    write_run("dogs", 1, overrides=["model.head=dense", *plain])
    write_run("dogs", 2, overrides=["model.head=linear", "augmentation.policy=light"])
    text = " ".join(show()[1].split())
    for words in ("dense 256 head", "linear head", "augmentation none", "augmentation light"):
        assert all(word in text for word in words.split())
    assert "split" not in text  # it is the same in both
    rows = list(csv.DictReader(io.StringIO(show("--csv")[1])))
    assert [(row["head"], row["augmentation"], row["split"]) for row in rows] == [
        ("dense 256", "none", "70/15/15"),
        ("linear", "light, horizontal_flip", "70/15/15"),
    ]


def test_heads_are_told_apart_by_their_units_and_the_small_network_has_its_own(show):
    write_run("dogs", 1, overrides=["model.head=dense", "model.head_units=[128,64]"])
    write_run("dogs", 2, overrides=["model.head=linear"])
    write_run("dogs", 3, overrides=["model.backbone=small_cnn"])
    heads = [row["head"] for row in csv.DictReader(io.StringIO(show("--csv")[1]))]
    assert heads == ["dense 128-64", "linear", "own"]


@pytest.mark.parametrize("name", ["curves.png", "curves.svg"])
def test_curves_of_the_runs_in_the_table_become_one_picture(show, name):
    write_run("dogs", 1)
    write_run("cats", 2)
    code, _, err = show("--curves", name)
    assert (code, err) == (0, f"curves: {name}\n")
    assert Path(name).stat().st_size > 2_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--curves", "curves.gif"], "--curves: a drawing is a .png or .svg file (got curves.gif)"),
        (["--curves", "curves.png", "--name", "halted"], "no run in the table is finished"),
        (["--curves", "curves.png", "--smoothing", "1"], "--smoothing: must be from 0 to below 1 (got 1)"),
        (["--smoothing", "0.6"], "--smoothing and --relative-time are of curves; give --curves FILE too"),
        (["--relative-time"], "--smoothing and --relative-time are of curves; give --curves FILE too"),
    ],
)
def test_curves_that_cannot_be_drawn_are_one_message(show, arguments, message):
    write_run("dogs", 1)
    write_run("halted", 1, suffix=UNFINISHED)
    code, _, err = show(*arguments)
    assert code == 2
    assert message in err


def test_the_most_accurate_run_is_that_of_each_data_set(show):
    one = write_run("dogs", 3, accuracy=0.7, version="a" * 12)
    best = write_run("dogs_large", 2, accuracy=0.8, version="a" * 12)
    out = show()[1]
    assert f"most accurate: {best}" in out
    other = write_run("shop", 1, accuracy=0.9, version="b" * 12)
    out = show()[1]
    assert f"most accurate on {Path('prepared/dogs_large')} (aaaa): {best}" in out
    assert f"most accurate on {Path('prepared/shop')} (bbbb): {other}" in out
    assert f": {one}" not in out


def test_a_data_set_in_a_store_is_named_by_its_address(show):
    write_run("dogs", 3, accuracy=0.7, version="a" * 12)
    best = write_run("shop", 1, overrides=["data.prepared=s3://bucket/prepared/shop"], version="b" * 12)
    assert f"most accurate on s3://bucket/prepared/shop (bbbb): {best}" in show()[1]


def test_runs_whose_augmentation_differs_in_single_steps_or_views_are_told_apart(show):
    steps = ["augmentation.policy=none", "augmentation.rotation=45", "augmentation.shift=0.2"]
    head = ["model.trainable_part=head", "augmentation.horizontal_flip=false"]
    write_run("turned", 1, suffix=UNFINISHED, overrides=steps)
    write_run("views", 2, suffix=UNFINISHED, overrides=[*head, "model.feature_views=3"])
    write_run("once", 3, suffix=UNFINISHED, overrides=head)
    text = " ".join(show()[1].split())
    assert all(word in text for word in ("45,", "views"))
    rows = list(csv.DictReader(io.StringIO(show("--csv")[1])))
    assert [(row["augmentation"], row["feature_views"]) for row in rows] == [
        ("horizontal_flip, rotation 45, shift 0.2", "0"),
        ("light, 3 views", "3"),
        ("none", "1"),
    ]
