import pytest

from vitrine.data.sources.files import walk_files
from vitrine.data.sources.hidden import is_hidden, is_result, reason_hidden
from vitrine.records import evaluation
from vitrine.records import folder as run_folder
from vitrine.records.answers import ASKED
from vitrine.records.prepared import FACTS, MANIFEST, UNFINISHED
from vitrine.records.search import NUMBERS
from vitrine.reports.comparison import page as comparison_page
from vitrine.reports.learning_curve import page as curve_page
from vitrine.reports.probe import page as probe_page
from vitrine.reports.search import page as search_page


@pytest.mark.parametrize(
    "folder",
    [
        "#recycle", "$RECYCLE.BIN", "$Recycle.Bin/S-1-5-21-1004336348-1177238915-682003330-512", "RECYCLER/S-1-5-21-7",
        "@eaDir", "#snapshot", "@Recycle", "@Recently-Snapshot", "System Volume Information", "lost+found", "LOST.DIR",
        "FOUND.000", "~snapshot", "Network Trash Folder", "__pycache__", "@tmp", "@SynoResource",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["{}/1.jpg", "cat/{}/1.jpg", "train/cat/{}/deep/1.jpg", "{}/"])
def test_folders_of_a_system_hold_no_pictures_wherever_they_lie(folder, place):
    assert reason_hidden(place.format(folder)).startswith("in a folder of the system (")


@pytest.mark.parametrize(
    "file",
    [".Trash-1000/files/1.jpg", ".Trashes/1.jpg", "cat/.@__thumb/1.jpg", ".DS_Store", "cat/._1.jpg", ".cache/1.jpg"],
)
def test_names_with_a_dot_in_front_are_hidden(file):
    assert reason_hidden(file) == "hidden file"


@pytest.mark.parametrize("file", ["cat/thumbnails/1.jpg", "Thumbnails/1.jpg", "cat/_thumbs/1.jpg"])
def test_thumbnails_are_no_pictures_of_their_own(file):
    assert reason_hidden(file).startswith("in a folder of thumbnails (")


@pytest.mark.parametrize(
    "file",
    [
        ".22 LR/1.jpg", ".45 ACP/", "train/.308/1.jpg", "recycled/1.jpg", "recycle/1.jpg", "#1/1.jpg", "@home/1.jpg",
        "lost and found/1.jpg", "found/1.jpg", "thumbs up/1.jpg", "system/1.jpg", "trash/1.jpg", "#recycle", "$5/1.jpg",
    ],
)  # fmt: skip
def test_what_a_class_may_be_called_is_not_hidden(file):
    assert not is_hidden(file)


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    "names",
    [
        (FACTS, MANIFEST), (UNFINISHED,), (run_folder.RECIPE, run_folder.METRICS),
        (comparison_page.PAGE, "comparison.json"), (NUMBERS, search_page.PAGE),
        (evaluation.RECORD, evaluation.PAGE), (probe_page.NUMBERS, probe_page.PAGE),
        (curve_page.NUMBERS, curve_page.PAGE), (ASKED,),
    ],
)  # fmt: skip
def test_results_are_told_by_what_they_hold(tmp_path, names):
    assert is_result(write(tmp_path / "made", *names))
    if len(names) > 1:
        assert not is_result(write(tmp_path / "other", names[0]))


def test_results_beside_pictures_are_not_listed(tmp_path):
    write(
        tmp_path, "cat/1.png", "labels.csv", "prepared/pets/pictures/train.arrow", "prepared/.pets.lock", "notes/a.md"
    )
    write(tmp_path / "prepared/pets", FACTS, MANIFEST)
    write(tmp_path / "prepared/.birds.unfinished", UNFINISHED)
    write(tmp_path / "runs/pets/2026-01-31_12-00-00", run_folder.RECIPE, run_folder.METRICS, "figures/curve.png")
    write(tmp_path / "runs/pets/2026-01-31_13-00-00.unfinished", "figures/curve.png")
    (tmp_path / "runs/pets" / run_folder.LATEST).symlink_to("2026-01-31_12-00-00")
    assert sorted(walk_files(tmp_path)) == ["cat/1.png", "labels.csv", "notes/a.md"]


def test_a_result_that_is_named_itself_is_listed(tmp_path):
    write(tmp_path, FACTS, MANIFEST, "1.png")
    assert "1.png" in set(walk_files(tmp_path))
