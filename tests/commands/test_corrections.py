import shlex

import pytest

from tests.corrections.examples import judgment
from tests.data.trees import prepare
from tests.records.examples import make_metrics
from vitrine.commands import corrections
from vitrine.commands import prepare as prepare_command
from vitrine.commands.console import read_recipe
from vitrine.corrections.store import CorrectionStore
from vitrine.data.labels.corrections import read_corrections, read_rows
from vitrine.records.corrections import Row, write_rows
from vitrine.records.manifest import read_manifest
from vitrine.records.mistakes import LabelErrors, Mistakes, Suspect


def suspect(file, label_name="cat", suggested="dog", suspicion=0.9):
    return Suspect(
        file=file, split="train", label_name=label_name, suggested=suggested, suspicion=suspicion, probability=0.8
    )


@pytest.fixture
def write_run(tmp_path):
    """A function that makes a run with these suspects."""

    def make(*suspects, recipe="name: x\n"):
        errors = LabelErrors(examined=(), not_examined=(), suspects=suspects, more=0)
        section = Mistakes(pairs=(), top_losses=(), label_errors=errors, slices=None)
        run = tmp_path / "run"
        run.mkdir(exist_ok=True)
        make_metrics(mistakes=section).write(run / "metrics.json")
        (run / "recipe.yaml").write_text(recipe)
        return run

    return make


def test_the_list_becomes_a_table_that_changes_nothing_until_rows_are_marked(write_run, tmp_path, capsys):
    out = tmp_path / "c.csv"
    run = write_run(suspect("cat/003.png"), suspect("dog/001.png", "dog", "cat"))
    assert corrections.main([str(run), "--output", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "2 likely wrong labels" in printed
    assert f"data.corrections={out}" in printed
    assert [row for _, row in read_rows(out)] == [
        Row("cat/003.png", "cat", "dog", "", "", "train", "0.900"),
        Row("dog/001.png", "dog", "cat", "", "", "train", "0.900"),
    ]


def test_marked_rows_can_be_applied_as_they_are(write_run, tmp_path, make_class_folders):
    source = make_class_folders({"cat": 20, "dog": 20})
    out = tmp_path / "c.csv"
    assert corrections.main([str(write_run(suspect("cat/003.png"))), "--output", str(out), "--mark", "relabel"]) == 0
    assert prepare(source, corrections=str(out)).facts.corrections == [
        "c.csv: 1 label corrected and 0 pictures removed."
    ]


def test_corrections_that_the_run_was_trained_with_stay_in_the_table(write_run, tmp_path):
    first, out = tmp_path / "first.csv", tmp_path / "second.csv"
    earlier = [Row("a.png", "cat", "dog", "relabel"), Row("b.png", "cat", "dog"), Row("c.png", "dog", action="remove")]
    write_rows(first, earlier)
    run = write_run(suspect("a.png", "dog", "emu"), suspect("d.png"), recipe=f"data:\n  corrections: {first}\n")
    assert corrections.main([str(run), "--output", str(out)]) == 0
    rows = [row for _, row in read_rows(out)]
    assert [(row.file, row.label_name, row.action, row.new_label) for row in rows] == [
        ("a.png", "cat", "relabel", "dog"),  # against the source, which still says cat
        ("c.png", "dog", "remove", ""),
        ("d.png", "cat", "", ""),
    ]
    assert rows[0].suggested == "emu"


def test_the_next_command_prepares_the_same_data_set_as_it_is_printed(write_run, tmp_path, capsys):
    run = write_run(suspect("cat/003.png"), recipe="name: pets\ndata:\n  source: my pictures\n")
    run = run.rename(tmp_path / "of cats")
    out = tmp_path / "my table.csv"
    assert corrections.main([str(run), "--output", str(out)]) == 0
    line = capsys.readouterr().out.rpartition("python -m vitrine prepare ")[2]
    recipe = read_recipe(prepare_command.build_parser(), shlex.split(line)).recipe
    assert (recipe.name, recipe.data.source, recipe.data.corrections) == ("pets", "my pictures", str(out))


def test_marks_are_never_overwritten(write_run, tmp_path, capsys):
    out = tmp_path / "c.csv"
    out.write_text("mine")
    assert corrections.main([str(write_run(suspect("a.png"))), "--output", str(out)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_text() == "mine"


def test_of_a_clean_run_the_table_has_no_rows_and_the_next_command_takes_it(write_run, tmp_path, capsys):
    assert corrections.main([str(write_run()), "--output", str(tmp_path / "c.csv")]) == 0
    said = capsys.readouterr().out
    assert "nothing to correct" in said
    assert said.endswith(f"data.corrections={tmp_path / 'c.csv'}\n")
    assert read_corrections(tmp_path / "c.csv") == []


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (None, [], "is not a finished run"),
        (make_metrics().model_dump_json(), [], "says nothing of wrong labels: an older version made it"),
        ('{"mistakes": {}}', [], "an earlier version of Vitrine wrote it"),
        ("{", [], "is damaged"),
        (make_metrics().model_dump_json(), ["--output", "c.xlsx"], "must end in .csv"),
        (make_metrics().model_dump_json(), ["--output", "nowhere/c.csv"], "there is no folder"),
    ],
)
def test_a_mistake_is_one_message(tmp_path, monkeypatch, capsys, content, arguments, message):
    monkeypatch.chdir(tmp_path)
    if content:
        (tmp_path / "metrics.json").write_text(content)
    assert corrections.main([str(tmp_path), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_store_is_written_as_a_table_and_taken_in_again(tmp_path, capsys):
    store = CorrectionStore(tmp_path / "store")
    for who, label in (("ann", "cat"), ("bob", "cow")):
        store.add(judgment("a", label, who, file="a.png", label_name="dog"))
    store.add(judgment("b", "cat", file="b.png", label_name="dog"))
    table = tmp_path / "table.csv"
    assert corrections.main([str(store.folder), "--output", str(table)]) == 0
    said = capsys.readouterr().out
    assert "3 judgments about 2 pictures" in said
    assert "reviewers differ on 1 of them, which get no action until they agree:" in said
    assert "  a.png: ann says cat; bob says cow\n" in said
    assert f"for RUN:\n  python -m vitrine retrain RUN --corrections {table}\n" in said
    assert [one.file for one in read_corrections(table)] == ["b.png"]
    assert corrections.main([str(tmp_path / "other"), "--import", str(table)]) == 0
    assert "3 of 3 judgments were new" in capsys.readouterr().out
    assert corrections.main([str(tmp_path / "other"), "--import", str(table)]) == 0
    assert "0 of 3 judgments were new" in capsys.readouterr().out
    assert CorrectionStore(tmp_path / "other").all() == store.all()


def test_a_table_of_pictures_in_a_store_is_taken_in(tmp_path, make_class_folders, put_in_store):
    folder = prepare(make_class_folders({"cat": 5, "dog": 5})).folder
    table = tmp_path / "table.csv"
    write_rows(table, [Row("cat/001.png", "cat", action="relabel", new_label="dog")])
    words = ["--import", str(table), "--reviewer", "ann", "--data", put_in_store(folder)]
    assert corrections.main([str(tmp_path / "store"), *words]) == 0
    manifest = read_manifest(folder).set_index("file")
    assert [one.sha256 for one in CorrectionStore(tmp_path / "store").all()] == [manifest["sha256"]["cat/001.png"]]
