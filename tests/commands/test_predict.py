import csv
import io
import json
import os
import shutil
import tarfile
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest
import torch
from PIL import Image

from tests.data.sources.stores import fill, refusing
from tests.factories import SIDE
from vitrine.commands import predict
from vitrine.data.sources.addresses import RemoteFile
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.answers.resume import ASKED_AGAIN
from vitrine.predict.answers.shards import cut_answer_shards
from vitrine.predict.predictor import Predictor
from vitrine.records.locks import hold_output
from vitrine.workflows import progress


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(0)
    save_model(tmp_path / "model", build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    return tmp_path / "model"


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    (folder / "deeper é").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    Image.new("RGB", (30, 20), "red").save(folder / "red.png")
    Image.new("RGB", (30, 20), "blue").save(folder / "deeper é" / "blue.jpg")
    Image.new("RGB", (30, 20), "blue").save(folder / ".hidden" / "cache.jpg")
    (folder / "broken.jpg").write_text("no picture")
    return folder


def test_every_file_has_a_row_with_answers_or_its_problem(model, pictures, tmp_path):
    table = tmp_path / "answers.csv"
    assert predict.main([str(model), str(pictures), "--top-k", "2", "--output", str(table)]) == 0
    rows = {row["file"].removeprefix(f"{pictures}/"): row for row in csv.DictReader(table.open(encoding="utf-8"))}
    assert set(rows) == {"red.png", "deeper é/blue.jpg", "broken.jpg", ".hidden/cache.jpg"}
    assert rows[".hidden/cache.jpg"]["problem"] == "hidden file"
    assert rows["broken.jpg"]["problem"] == "a text, not a picture; get the picture again"
    assert rows["broken.jpg"]["label_1"] == rows["broken.jpg"]["decision"] == ""
    assert {len(row) for row in csv.reader(table.open(encoding="utf-8"))} == {7}
    expected = Predictor.load(str(model)).predict(Image.open(pictures / "red.png"), top_k=2)
    row = rows["red.png"]
    assert row["problem"] == ""
    assert [row["label_1"], row["label_2"]] == [label_name for label_name, _ in expected]
    assert float(row["probability_1"]) == pytest.approx(expected[0][1], abs=1e-6)


def test_pictures_out_of_archives_and_tables_are_classified_and_nothing_is_left_behind(
    model, pictures, tmp_path, monkeypatch
):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    archive = Path(shutil.make_archive(str(tmp_path / "pets"), "zip", pictures))
    (tmp_path / "list.csv").write_text("path\npictures/red.png\npictures/gone.png\n", encoding="utf-8")
    table = tmp_path / "answers.csv"
    assert predict.main([str(model), str(archive), str(tmp_path / "list.csv"), "--output", str(table)]) == 0
    rows = {row["file"].removeprefix(f"{tmp_path}/"): row for row in csv.DictReader(table.open(encoding="utf-8"))}
    assert rows["pets.zip/red.png"]["label_1"] == rows["pictures/red.png"]["label_1"] != ""
    assert rows["pets.zip/.hidden/cache.jpg"]["problem"] == "hidden file"
    assert rows["pictures/gone.png"]["problem"] == "the file is not there"
    assert "pictures/broken.jpg" not in rows  # no row names it
    assert not list((tmp_path / "temporary").iterdir())


def test_a_table_that_was_broken_off_is_gone_on_with(model, pictures, tmp_path, monkeypatch):
    for number in range(20):
        Image.new("RGB", (30, 20), (number, 0, 0)).save(pictures / f"{number:02}.png")
    whole, table = tmp_path / "whole.csv", tmp_path / "answers.csv"
    assert predict.main([str(model), str(pictures), "--output", str(whole)]) == 0
    table.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    opened = []
    predict_pixels = Predictor.predict_pixels

    def count(self, ids, pixels):
        opened.extend(ids)
        return predict_pixels(self, ids, pixels)

    monkeypatch.setattr(Predictor, "predict_pixels", count)
    for nothing_left in (False, True):
        opened.clear()
        assert predict.main([str(model), str(pictures), "--output", str(table), "--resume"]) == 0
        assert table.read_bytes() == whole.read_bytes()
        assert len(opened) < 22
        assert (len(opened) == ASKED_AGAIN) == nothing_left


def test_a_table_of_another_model_or_other_pictures_is_not_gone_on_with(model, pictures, tmp_path, capsys):
    table = tmp_path / "answers.csv"
    arguments = [str(model), str(pictures), "--output", str(table), "--resume"]
    assert predict.main(arguments) == 0
    answered = table.read_bytes()
    torch.manual_seed(1)
    save_model(model, build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    assert predict.main(arguments) == 2
    assert "its rows are of another model, or the pictures have changed" in capsys.readouterr().err
    assert table.read_bytes() == answered


def test_who_waits_for_a_table_is_told_how_far_it_is_and_a_resumed_one_goes_on_from_there(
    model, pictures, tmp_path, monkeypatch
):
    told, wanted = [], []

    @contextmanager
    def record(is_wanted=None, *_, **__):
        wanted.append(is_wanted)
        yield lambda what, done, total, faults=0: told.append((what, done, total, faults))

    monkeypatch.setattr(progress, "show_progress", record)
    table = tmp_path / "answers.csv"
    assert predict.main([str(model), str(pictures), "--output", str(table)]) == 0
    assert told[-1] == ("answering", 4, 4, 2)
    table.write_bytes(b"".join(table.read_bytes().splitlines(keepends=True)[:3]))  # two rows
    told.clear()
    assert predict.main([str(model), str(pictures), "--output", str(table), "--resume"]) == 0
    assert told == [("answering", 4, 4, 2)]
    wanted.clear()
    assert predict.main([str(model), str(pictures)]) == 0
    assert wanted[-1] is False  # the rows on the terminal say it


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_of_two_that_write_one_table_at_once_the_second_is_refused(model, pictures, tmp_path, capsys, resume):
    table = tmp_path / "answers.csv"
    arguments = [str(model), str(pictures), "--output", str(table)]
    assert predict.main(arguments) == 0
    whole = table.read_bytes()
    table.write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
    with hold_output(table):
        assert predict.main([*arguments, *resume]) == 2
        assert f"another process writes {table} just now; wait for it" in capsys.readouterr().err
    assert predict.main([*arguments, "--resume"]) == 0
    assert table.read_bytes() == whole


def test_going_on_needs_a_table(model, pictures, capsys):
    assert predict.main([str(model), str(pictures), "--resume"]) == 2
    assert "--resume: give --output too" in capsys.readouterr().err


def test_a_slip_costs_no_picture_and_no_table(model, pictures, tmp_path, capsys):
    red, labels = pictures / "red.png", tmp_path / "labels.csv"
    labels.write_text("image,label\npictures/red.png,red\n")
    before = red.read_bytes(), labels.read_bytes()
    for words, message in (
        ([labels, "--output", labels], f"--output: {labels} is among what is asked about"),
        ([pictures, "--output", red], f"--output: {red} is there already, and is no table of answers"),
        ([red, "--page", labels], f"--page: {labels} is there already, and is no page"),
    ):
        assert predict.main([str(model), *map(str, words)]) == 2
        assert message in capsys.readouterr().err
    assert (red.read_bytes(), labels.read_bytes()) == before
    table, page = tmp_path / "answers.csv", tmp_path / "answers.html"
    for _ in range(2):  # what an earlier call wrote is replaced
        assert predict.main([str(model), str(red), "--output", str(table), "--page", str(page)]) == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no pipes among its files")
def test_a_pipe_is_named_and_not_waited_for(model, pictures, capsys):
    os.mkfifo(pictures / "pipe.png")
    assert predict.main([str(model), str(pictures / "pipe.png")]) == 2
    assert capsys.readouterr().out.splitlines()[1] == f'{pictures / "pipe.png"},"a pipe or device, not a file",,,,,,,'


def test_files_none_of_which_is_a_picture_are_a_mistake_that_is_named(model, pictures, tmp_path, capsys):
    (pictures / "notes.txt").write_text("no picture")
    places = [str(pictures / "broken.jpg"), str(pictures / "notes.txt")]
    assert predict.main([str(model), *places]) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert err == "error: no picture was classified: 2 files were found; the column problem says why\n"
    (tmp_path / "empty").mkdir()
    assert predict.main([str(model), str(tmp_path / "empty"), "--output", str(tmp_path / "answers.csv")]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'empty'}: there is no file in it to be classified\n"


def test_a_table_that_cannot_be_written_is_one_message(model, pictures, tmp_path, capsys):
    assert predict.main([str(model), str(pictures), "--output", str(tmp_path / "nowhere" / "answers.csv")]) == 2
    message = "error: there is no such file or folder, and none can be made there; check the path: "
    assert capsys.readouterr().err == f"{message}{tmp_path}/nowhere/answers.csv\n"


def test_without_an_output_the_table_goes_to_the_terminal(model, pictures, capsys):
    assert predict.main([str(model), str(pictures / "red.png")]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header == "file,problem,decision,label_1,probability_1,label_2,probability_2,label_3,probability_3"
    assert row.startswith(f"{pictures / 'red.png'},,")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MODEL", "nowhere.jpg"], "nowhere.jpg: there is no such file or folder"),
        (["./nowhere", "PICTURES"], "there is no such model folder"),
        (["MODEL", "PICTURES", "--top-k", "0"], "--top-k: must be at least 1 (got 0)"),
    ],
)
def test_mistakes_are_one_message(model, pictures, capsys, arguments, message):
    places = {"MODEL": str(model), "PICTURES": str(pictures)}
    assert predict.main([places.get(argument, argument) for argument in arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("option", "shown"), [([], "'=1+1"), (["--raw"], "=1+1")])
def test_a_class_that_would_be_a_formula_is_text_for_spreadsheets_and_exact_for_programs(
    pictures, tmp_path, option, shown
):
    torch.manual_seed(0)
    model, table = tmp_path / "sums", tmp_path / "answers.csv"
    save_model(model, build_small_cnn(["=1+1", "=1+1 "], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    assert predict.main([str(model), str(pictures / "red.png"), "--output", str(table), *option]) == 0
    (row,) = csv.DictReader(table.open(encoding="utf-8"))
    assert row["label_1"].strip() == row["label_2"].strip() == shown
    assert row["file"] == str(pictures / "red.png")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("answers.csv", "is the table of --output, too"),
        ("nowhere/answers.html", "give a file in a folder that is there"),
        (".", "give a file in a folder that is there"),
    ],
)
def test_a_page_that_cannot_be_written_is_one_message_before_anything_is_answered(
    model, pictures, tmp_path, monkeypatch, capsys, page, message
):
    monkeypatch.chdir(tmp_path)
    assert predict.main([str(model), str(pictures), "--output", "answers.csv", "--page", page]) == 2
    assert message in capsys.readouterr().err
    assert not Path("answers.csv").exists()


def test_a_page_shows_the_answers_and_a_resumed_one_is_the_same(model, pictures, tmp_path):
    table, page = tmp_path / "answers.csv", tmp_path / "answers.html"
    arguments = [str(model), str(pictures), "--output", str(table), "--page", str(page)]
    assert predict.main(arguments) == 0
    whole = page.read_text("utf-8")
    assert "blue.jpg" in whole
    lines = table.read_bytes().splitlines(keepends=True)
    table.write_bytes(b"".join(lines[:3]))
    assert predict.main([*arguments, "--resume"]) == 0
    assert page.read_text("utf-8") == whole


class Here:
    """An engine that does all in this process, and `rank` of two only every second unit."""

    def __init__(self, rank=None):
        self.rank = rank

    def share(self, works):
        return works

    def run(self, works):
        for work in works if self.rank is None else works[self.rank :: 2]:
            work.do()
            yield work


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(predict, "read_engine", lambda options: Here() if options.run_on else None)
    monkeypatch.setattr(cut_answer_shards, "__defaults__", (2,))


def test_an_engine_writes_parts_with_the_rows_of_the_table_and_a_page(model, pictures, tmp_path, here, capsys):
    table, answers, page = tmp_path / "answers.csv", tmp_path / "new" / "answers", tmp_path / "answers.html"
    asked = [str(model), str(pictures)]
    assert predict.main([*asked, "--output", str(table), "--raw"]) == 0
    by_shards = [*asked, "--run-on", "local", "--output", str(answers), "--page", str(page)]
    for _ in range(2):  # the second time, nothing is left to do
        assert predict.main(by_shards) == 0
        assert f"answers: {answers / 'parts'} (4 files, 2 of them with a problem)" in capsys.readouterr().err
    expected = pd.read_csv(table)
    parts = json.loads((answers / "answers.json").read_text("utf-8"))["parts"]
    found = pd.concat([pd.read_parquet(answers / part["file"]) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, atol=2e-6)
    assert "blue.jpg" in page.read_text("utf-8")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["answers"]


def test_ctrl_c_says_that_the_shards_that_are_done_are_kept(model, pictures, tmp_path, monkeypatch, capsys):
    class Stopped(Here):
        def run(self, works):
            yield next(super().run(works))
            raise KeyboardInterrupt

    monkeypatch.setattr(predict, "read_engine", lambda _: Stopped())
    monkeypatch.setattr(cut_answer_shards, "__defaults__", (2,))
    assert predict.main([str(model), str(pictures), "--run-on", "local", "--output", str(tmp_path / "out")]) == 130
    assert "what was answered is kept: the same command goes on from there" in capsys.readouterr().err
    assert len(list((tmp_path / "out/parts").glob("*.parquet"))) == 1


def test_answers_within_the_folder_of_pictures_are_no_pictures(model, pictures, here, capsys):
    for _ in range(2):
        assert (
            predict.main([str(model), str(pictures), "--run-on", "local", "--output", str(pictures / "answers")]) == 0
        )
        assert "(4 files, 2 of them" in capsys.readouterr().err


def test_an_archive_is_answered_by_an_engine_and_nothing_is_left_of_it(model, pictures, tmp_path, here):
    archive = Path(shutil.make_archive(str(tmp_path / "pets"), "zip", pictures))
    answers = tmp_path / "out" / "answers"
    assert predict.main([str(model), str(archive), "--run-on", "local", "--output", str(answers)]) == 0
    assert pd.read_parquet(answers / "parts")["label_1"].notna().sum() == 2
    assert [path.name for path in answers.parent.iterdir()] == ["answers"]


@pytest.fixture
def archives(pictures):
    """Address of a store with three tar shards of pictures."""
    pictures = [
        path for path in sorted(pictures.rglob("*")) if path.suffix in (".png", ".jpg") and "broken" not in str(path)
    ]
    contents = {}
    for number in range(3):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for path in pictures:
                archive.add(path, f"{number}{path.name}")
        contents[f"{number}.tar"] = stream.getvalue()
    return fill(contents)


@pytest.mark.parametrize("by", [["--run-on", "local"], []])
def test_a_job_whose_credentials_expire_keeps_the_archives_that_it_has(
    model, archives, tmp_path, here, monkeypatch, capsys, by
):
    folder = tmp_path / "out"
    folder.mkdir()
    arguments = [str(model), archives, *by, "--output", str(folder / "answers")]
    with refusing(monkeypatch, after=2):
        assert predict.main(arguments) == 2
    again = "the same command again: what" if by else "the same command again with --resume: what"
    assert "2.tar cannot be fetched (ExpiredToken: The provided token has expired.)" in (
        said := capsys.readouterr().err
    )
    assert f"give {again} was done is kept" in said
    fetched = count_fetched(monkeypatch)
    assert predict.main(arguments) == 0
    assert fetched == ["2.tar"]
    assert [path.name for path in folder.iterdir()] == ["answers"]


@pytest.mark.parametrize("by", [["--run-on", "local"], []], ids=["local", "table"])
def test_a_job_whose_credentials_expire_keeps_the_answers_that_it_has(model, tmp_path, here, monkeypatch, capsys, by):
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(stream, "PNG")
    address, output = fill({f"{number:03}.png": stream.getvalue() for number in range(200)}), tmp_path / "answers"
    monkeypatch.setattr(cut_answer_shards, "__defaults__", (40,))
    arguments = [str(model), address, *by, "--output", str(output)]
    with refusing(monkeypatch, after=150):
        assert predict.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.count("ExpiredToken") == 1
    again = "the same command again" if by else "the same command again with --resume"
    assert f"If your credentials have expired, renew them; then give {again}: what was done is kept" in said
    asked, opened = [], RemoteFile.open
    monkeypatch.setattr(RemoteFile, "open", lambda place, mode: asked.append(place.address) or opened(place, mode))
    assert predict.main([*arguments, *([] if by else ["--resume"])]) == 0
    assert len(set(asked)) == len(asked) < 150
    answers = pd.read_parquet(output / "parts") if by else pd.read_csv(output)
    assert answers["file"].nunique() == len(answers) == 200
    assert answers["problem"].isna().all()


@pytest.mark.slow
@pytest.mark.parametrize("by", [["--run-on", "local", "--workers", "1"], []], ids=["local", "table"])
def test_ten_thousand_broken_files_in_a_row_are_rows_and_few_words(model, pictures, tmp_path, capsys, by):
    for number in range(10_000):
        (pictures / f"broken {number:05}.jpg").write_bytes(b"no picture at all")
    output, page = tmp_path / "answers", tmp_path / "page.html"
    assert predict.main([str(model), str(pictures), *by, "--output", str(output), "--page", str(page)]) == 0
    said = capsys.readouterr().err
    assert "(10,004 files, 10,002 of them with a problem)" in said
    assert len(said.splitlines()) < 10
    answers = pd.read_parquet(output / "parts") if by else pd.read_csv(output)
    assert answers["problem"].notna().sum() == 10_002
    assert 0 < page.read_text("utf-8").count("broken ") < 500


def count_fetched(monkeypatch):
    """Names of the files that are fetched from now on."""
    fetched, fetch = [], RemoteFile.fetch
    monkeypatch.setattr(RemoteFile, "fetch", lambda place, target: fetched.append(target.name) or fetch(place, target))
    return fetched


def test_without_an_output_nothing_is_promised(model, archives, monkeypatch, capsys):
    with refusing(monkeypatch, after=2):
        assert predict.main([str(model), archives]) == 2
    assert capsys.readouterr().err.rstrip().endswith("then give the same command again")


def test_ranks_fetch_an_archive_once_and_the_last_one_clears_up(model, archives, tmp_path, here, monkeypatch):
    folder, fetched = tmp_path / "out", count_fetched(monkeypatch)
    for rank in (0, 1):
        monkeypatch.setattr(predict, "read_engine", lambda _, rank=rank: Here(rank))
        assert predict.main([str(model), archives, "--run-on", "ranks", "--output", str(folder / "answers")]) == 0
    assert sorted(fetched) == ["0.tar", "1.tar", "2.tar"]
    assert [path.name for path in folder.iterdir()] == ["answers"]


def test_a_rank_says_what_it_has_done(model, pictures, tmp_path, here, monkeypatch, capsys):
    arguments = [str(model), str(pictures), "--run-on", "ranks", "--output", str(tmp_path / "answers")]
    for rank, said in ((0, "this rank has answered its share"), (1, "4 files, 2 of them")):
        monkeypatch.setattr(predict, "read_engine", lambda _, rank=rank: Here(rank))
        assert predict.main(arguments) == 0
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "--run-on: give --output too, a folder for the answers"),
        (["--output", "answers", "--raw"], "--raw: is for tables"),
        (["--output", "pictures"], "pictures holds something else than answers"),
        (["--output", "model/config.json"], f"{Path('model/config.json')} is a file; with --run-on, give a folder"),
    ],
)
def test_mistakes_with_an_engine_are_one_message(
    model, pictures, tmp_path, here, monkeypatch, capsys, options, message
):
    monkeypatch.chdir(tmp_path)
    assert predict.main([str(model), str(pictures), "--run-on", "local", *options]) == 2
    assert message in capsys.readouterr().err


def test_files_none_of_which_is_a_picture_are_a_mistake_with_an_engine_too(model, pictures, tmp_path, here, capsys):
    answers = tmp_path / "answers"
    arguments = [str(model), str(pictures / "broken.jpg"), "--run-on", "local", "--output", str(answers)]
    assert predict.main(arguments) == 2
    assert f"1 file was found; the column problem of {answers / 'parts'} says why" in capsys.readouterr().err


@pytest.mark.slow
def test_processes_answer_to_the_byte_as_one_although_one_is_killed(model, pictures, tmp_path):
    for number in range(2500):
        Image.new("RGB", (30, 20), (number % 256, number // 256, 0)).save(pictures / f"{number:04}.png")
    parts = {}
    for workers in (1, 2):
        answers = tmp_path / f"{workers}"
        arguments = [
            str(model),
            str(pictures),
            "--run-on",
            "local",
            "--workers",
            str(workers),
            "--output",
            str(answers),
        ]
        killed = []
        killer = threading.Thread(target=kill_a_worker, args=(answers / "parts", killed))
        killer.start()
        assert predict.main(arguments) == 0
        killer.join()
        parts[workers] = {path.name: path.read_bytes() for path in (answers / "parts").iterdir()}
        assert killed
    assert len(parts[1]) > 1
    assert parts[1] == parts[2]


def kill_a_worker(parts, killed):
    """Kills a process as soon as it has a unit at hand, and notes it."""
    for _ in range(2000):
        if list(parts.glob(".*.at")):
            others = psutil.Process().children(recursive=True)
            # Workers are started by this process, or forked from one that it has started for that alone.
            workers = [one for one in others if "tracker" not in " ".join(one.cmdline()) and not one.children()]
            workers[0].kill()
            killed.append(workers[0].pid)
            return
        time.sleep(0.02)
