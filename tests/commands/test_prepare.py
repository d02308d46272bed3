"""`data_prep.py`: what is said, what is mended, and the report in the recipe's language without preparing again."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.data.sources.stores import fill
from vitrine.commands import prepare
from vitrine.data.prepare.working_folder import working_folder
from vitrine.errors import UserError
from vitrine.ui.frame import page_language
from vitrine.work.local import LocalPool
from vitrine.work.part import FolderGoneError

REPORTS = ("report.html", "report.json")


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, color in (("cat", 90), ("dog", 160)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for place in range(5):
            Image.new("RGB", (9, 9), (color, 10 * place, 0)).save(tmp_path / "pictures" / name / f"{place}.png")
    return ["name=pets", "data.source=pictures", "data.image_size=16"]


def test_another_language_writes_only_the_report_anew(arguments, tmp_path, capsys):
    folder = tmp_path / "prepared" / "pets"
    assert prepare.main(arguments) == 0
    facts = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name not in REPORTS}
    assert page_language(folder / "report.html") == "en"
    capsys.readouterr()
    assert prepare.main([*arguments, "report.language=fr"]) == 0
    assert "only its report was written anew" in capsys.readouterr().out
    assert page_language(folder / "report.html") == "fr"
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name not in REPORTS} == facts
    assert prepare.main([*arguments, "report.language=fr"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_rows_without_a_file_are_counted_apart_from_files_that_cannot_be_read(arguments, tmp_path, capsys):
    (tmp_path / "pictures/cat/0.png").write_bytes(b"")
    rows = [f"{kind}/{place}.png,{kind}" for kind in ("cat", "dog") for place in range(6)]
    (tmp_path / "table.csv").write_text("\n".join(["image,label", *rows]))
    assert prepare.main([*arguments, "data.source=table.csv", "data.image_folder=pictures"]) == 0
    assert "12 files found = 9 used + 2 not there + 1 unreadable + 0 left out" in capsys.readouterr().out


def test_a_page_that_is_not_there_has_no_language(tmp_path):
    (tmp_path / "other.html").write_text("<p>x</p>")
    assert page_language(tmp_path / "none.html") is None
    assert page_language(tmp_path / "other.html") is None


def test_damage_is_named_and_mended_although_nothing_has_changed(arguments, tmp_path, capsys):
    shard = tmp_path / "prepared/pets/pictures/train-00000.arrow"
    assert prepare.main(arguments) == 0
    content = shard.read_bytes()
    shard.write_bytes(content[:-40] + bytes(40))
    capsys.readouterr()
    assert prepare.main(arguments) == 0
    out = capsys.readouterr().out
    assert "train-00000.arrow does not hold what was written; it is made anew" in " ".join(out.split())
    assert "Nothing has changed" not in out
    assert shard.read_bytes() == content
    assert prepare.main(arguments) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_a_proposal_to_group_series_says_what_would_change_and_the_version_is_named(arguments, tmp_path, capsys):
    for kind, name in enumerate(("cat", "dog")):
        for series in range(6):
            for number in range(2):
                color = (40 * series, 90 * number, 200 * kind)
                Image.new("RGB", (9, 9), color).save(tmp_path / f"pictures/{name}/film{series}_{number}.png")
    assert prepare.main(arguments) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "set data.group_by=[number]:" in out
    assert "would change sides" in out
    assert f"data set: {Path('prepared/pets')} (version " in out


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "error: the disk is full; make room and run the command again"),
        (errno.EDQUOT, "error: your share of the disk is used up"),
        (errno.EROFS, "error: the disk is read-only"),
        (errno.EACCES, "error: no permission; take another folder, or change its permissions"),
    ],
)
def test_a_disk_that_takes_nothing_is_explained_and_what_was_done_is_kept(
    arguments, tmp_path, capsys, monkeypatch, number, message
):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr("vitrine.records.schema.write_text", fail)
        assert prepare.main(arguments) == 2
    assert capsys.readouterr().err.startswith(message)
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == [".pets.unfinished"]
    monkeypatch.setattr(
        "vitrine.data.prepare.preprocessed_images.preprocess_file", lambda *_: pytest.fail("made again")
    )
    assert prepare.main(arguments) == 0
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["pets"]


def test_no_permission_to_write_is_explained(arguments, capsys, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert prepare.main(arguments) == 2
    expected = "error: no permission; take another folder, or change its permissions: prepared\n"
    assert capsys.readouterr().err == expected


def test_a_file_in_the_way_and_a_name_too_long_are_explained(arguments, tmp_path, capsys):
    assert prepare.main([*arguments, f"name={'a' * 300}"]) == 2
    assert capsys.readouterr().err.split(";")[0] == "error: the name is too long for the disk"
    (tmp_path / "prepared").rmdir()
    (tmp_path / "prepared").touch()
    assert prepare.main(arguments) == 2
    assert capsys.readouterr().err.split(";")[0] == "error: a file has the name that a folder needs"


def test_of_many_classes_the_terminal_shows_the_largest_and_the_smallest(arguments, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(prepare, "MOST_ROWS", 2)
    for name, number in (("emu", 8), ("yak", 3)):
        (tmp_path / "pictures" / name).mkdir()
        for place in range(number):
            Image.new("RGB", (9, 9), (20 * place, 9 * number, 77)).save(tmp_path / "pictures" / name / f"{place}.png")
    assert prepare.main([*arguments, "checks.near_duplicates=off"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    first = rows.index(["...", "2", "classes", "between"])
    assert (rows[first - 1][0], rows[first + 1][0]) == ("emu", "yak")
    assert not any(row[:1] in (["cat"], ["dog"]) for row in rows)
    assert next(row for row in rows if row[:1] == ["all"])[1:] == ["13", "4", "4"]


def manifest_of(folder):
    manifest = pd.read_parquet(folder / "manifest.parquet")
    return manifest.drop(columns="modified_ns")


def test_processes_read_many_pictures_where_nobody_says_who_and_see_what_threads_see(
    arguments, tmp_path, monkeypatch, capsys
):
    assert prepare.main(arguments) == 0
    by_threads = manifest_of(tmp_path / "prepared/pets")
    started = []
    monkeypatch.setattr(prepare, "LocalPool", lambda workers: started.append(workers) or LocalPool(1))
    monkeypatch.setattr(prepare, "MANY_FILES", 10)
    monkeypatch.setattr(prepare, "MOST_PROCESSES", 1)
    assert prepare.main([*arguments, "data.prepared=many"]) == 0
    assert started == [1]
    assert "10 files found = 10 used" in capsys.readouterr().out
    pd.testing.assert_frame_equal(manifest_of(tmp_path / "many"), by_threads)


def start_task(monkeypatch, rank, count):
    """Makes this process a task of a Slurm array, whose tasks never wait for each other."""
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(rank))
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", str(count))


def images_of(folder):
    return {path.name: path.read_bytes() for path in (folder / "pictures").iterdir()}


@pytest.mark.slow
def test_tasks_of_an_array_prepare_the_same_data_set_and_the_last_one_writes_it(
    arguments, tmp_path, monkeypatch, capsys
):
    assert prepare.main(arguments) == 0
    alone = tmp_path / "prepared/pets"
    ranks = [*arguments, "data.prepared=ranks", "--run-on", "ranks", "--workers", "1"]
    monkeypatch.setattr("vitrine.data.prepare.scanning.choose_shard_size", lambda _: 3)
    start_task(monkeypatch, 0, 2)
    assert prepare.main(ranks) == 0
    assert "rank 0 of 2 has read its share" in capsys.readouterr().out
    start_task(monkeypatch, 1, 2)
    assert prepare.main(ranks) == 0
    assert "--run-on" not in capsys.readouterr().out
    pd.testing.assert_frame_equal(manifest_of(tmp_path / "ranks"), manifest_of(alone))
    assert images_of(tmp_path / "ranks") == images_of(alone)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pictures", "prepared", "ranks"]


@pytest.mark.slow
def test_ranks_that_are_started_together_end_together_with_the_same_data_set(arguments, tmp_path, request):
    assert prepare.main(arguments) == 0
    command = [sys.executable, str(request.config.rootpath / "data_prep.py"), *arguments, "data.prepared=ranks"]
    ranks = [
        subprocess.Popen(
            [*command, "--run-on", "ranks", "--workers", "1"],
            env=os.environ | {"RANK": str(rank), "WORLD_SIZE": "2"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(2)
    ]
    said = [rank.communicate(timeout=250)[0] for rank in ranks]
    assert [rank.returncode for rank in ranks] == [0, 0], said
    assert sum("files found = 10 used" in one for one in said) >= 1
    pd.testing.assert_frame_equal(manifest_of(tmp_path / "ranks"), manifest_of(tmp_path / "prepared/pets"))
    assert images_of(tmp_path / "ranks") == images_of(tmp_path / "prepared/pets")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (7, "rank 1 of 2 has made squares of 7 pictures; another one puts all together"),
        (0, "nothing left to do for this rank: data.prepared: another process is preparing"),
        (FolderGoneError("it is whole"), "nothing left to do for this rank: data.prepared: another process is prepar"),
        (
            UserError("a picture is lost"),
            "rank 1 of 2 leaves its squares to the one that prepares the data set: a pict",
        ),
    ],
)
def test_a_rank_helps_the_one_at_work_and_never_ends_it_by_an_error(arguments, monkeypatch, capsys, made, said):
    def help_it(*_):
        if isinstance(made, Exception):
            raise made
        return made

    monkeypatch.setattr(prepare, "make_images_as_rank", help_it)
    monkeypatch.setattr(prepare, "scan_as_rank", lambda *_: True)
    start_task(monkeypatch, 1, 2)
    with working_folder(Path("prepared/pets")):
        assert prepare.main([*arguments, "--run-on", "ranks"]) == 0
        assert said in " ".join(capsys.readouterr().out.split())


def test_ranks_share_the_reading_where_all_is_to_be_read_again(arguments, monkeypatch):
    assert prepare.main(arguments) == 0
    start_task(monkeypatch, 0, 2)
    asked = []
    monkeypatch.setattr(prepare, "scan_as_rank", lambda *given: asked.append(given[-1]))
    for options in ([], ["--again"]):
        assert prepare.main([*arguments, "--run-on", "ranks", *options]) == 0
    assert asked == [True]


def test_a_rank_that_comes_late_finds_nothing_to_do_where_the_pictures_lie_in_a_store(
    arguments, tmp_path, monkeypatch, capsys
):
    pictures = tmp_path / "pictures"
    source = fill({str(path.relative_to(pictures)): path.read_bytes() for path in pictures.rglob("*.png")})
    arguments[1] = f"data.source={source}"
    assert prepare.main(arguments) == 0
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(prepare, "scan_as_rank", lambda *_: pytest.fail("read again"))
    capsys.readouterr()
    assert prepare.main([*arguments, "--run-on", "ranks"]) == 0
    assert "nothing to do" in " ".join(capsys.readouterr().out.split())
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["pets"]


@pytest.mark.parametrize("is_again", [False, True])
def test_a_rank_that_is_still_at_work_when_another_job_is_done_finds_nothing_to_do(
    arguments, tmp_path, monkeypatch, capsys, is_again
):
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "1")

    def overtaken(_pool, works):
        assert prepare.main(arguments) == 0  # which removes the parts
        yield from (work.do() or work for work in works)

    monkeypatch.setattr("vitrine.work.ranks.LocalPool.run", overtaken)
    result = prepare.main([*arguments, "--run-on", "ranks", *(["--again"] if is_again else [])])
    out, err = capsys.readouterr()
    assert result == (2 if is_again else 0)
    assert ("pets.parts was removed while its parts were made" in err) == is_again
    assert ("nothing to do" in " ".join(out.split())) != is_again
    assert [path.name for path in (tmp_path / "prepared").iterdir()] == ["pets"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", [[], ["--run-on", "local", "--workers", "1"]], ids=["alone", "local"])
def test_ten_thousand_broken_files_in_a_row_are_counted_with_examples_in_a_few_lines(
    arguments, tmp_path, capsys, engine
):
    broken = (b"", b"no picture at all", b"\xff\xd8\xff\xe0broken", b"\x89PNG\r\n\x1a\n")
    for number in range(10_000):
        (tmp_path / f"pictures/cat/broken {number:05}.jpg").write_bytes(broken[number % len(broken)])
    assert prepare.main([*arguments, *engine]) == 0
    said = "".join(capsys.readouterr())
    assert "10,010 files found = 10 used + 10,000 unreadable + 0 left out" in said
    assert said.count("broken ") == len(broken)  # an example of each reason
    assert len(said.splitlines()) < 50
    report = (tmp_path / "prepared/pets/report.html").read_text("utf-8")
    assert "10,000" in report
    assert 0 < report.count("broken ") < 1_000
    assert len(pd.read_csv(tmp_path / "prepared/pets/manifest.csv")) == 10_010


def test_ranks_that_nobody_started_are_one_message(arguments, monkeypatch, capsys):
    monkeypatch.delenv("RANK", raising=False)
    assert prepare.main([*arguments, "--run-on", "ranks"]) == 2
    assert "neither torchrun nor Slurm" in capsys.readouterr().err
