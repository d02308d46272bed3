"""Series are proposed by folder, number and time; they are kept together only where somebody asks for it."""

import pandas as pd
import pytest
from PIL import Image

from tests.conftest import draw_shape
from tests.data.trees import prepare
from vitrine.config.data import ChecksSection
from vitrine.data.checks.series import find_series, propose_series
from vitrine.data.manifest.split_names import SPLITS
from vitrine.errors import UserError
from vitrine.records.findings import read_findings
from vitrine.records.manifest import read_manifest
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

NO_COPIES = ChecksSection(near_duplicates=False, contradictions="keep")  # drawn pictures look alike


def manifest_of(files, **columns):
    """Kept rows; the class is the first folder."""
    labels = [file.split("/")[0] for file in files]
    values = {"file": files, "label_name": labels, "source_label": labels, "status": "kept", "taken": "", "split": ""}
    return pd.DataFrame(values | columns)


def test_folders_below_a_class_are_series_and_the_class_itself_is_none():
    files = ["cat/mia/1.png", "cat/mia/a/2.png", "cat/mia/3.png", "cat/4.png", "cat/5.png", "dog/mia/1.png"]
    assert find_series(manifest_of(files), "folder") == ["cat/mia", "", "cat/mia", "", "", ""]


def test_files_that_differ_in_their_last_number_are_a_series():
    files = [
        "cat/film_001.png",
        "cat/film_002.png",
        "cat/Rex (1).jpg",
        "cat/Rex (2).jpg",
        "cat/mia1.png",
        "cat/mia2.png",
    ]
    files += ["dog/film_003.png", "cat/b/film_004.png", "cat/alone_7.png", "cat/other.png"]
    assert find_series(manifest_of(files), "number") == [
        *["cat/film"] * 2, *["cat/Rex"] * 2, *["cat/mia"] * 2, "", "", "", "",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["{:03d}.png", "IMG_{:04d}.jpg", "cat ({}).png", "2024{}.png"])
def test_how_all_files_of_a_class_are_named_is_no_series(name):
    files = [f"cat/{name.format(number)}" for number in range(10)]
    assert set(find_series(manifest_of(files), "number")) == {""}


@pytest.mark.parametrize(
    ("numbers", "is_series"),
    [(range(0, 100, 5), True), ([1, 2, 3, 5, 6, 8, 9, 10], True), ([7, 8], True), ([4], False), ([7, 9], False),
     ([8, 11, 14, 18, 33, 36, 40, 47], False), ([3, 400, 1200], False)],
)  # fmt: skip
def test_a_series_has_even_steps_and_numbers_drawn_from_a_long_list_have_none(numbers, is_series):
    files = [f"cat/film_{number:04d}.png" for number in numbers] + [f"cat/{letter}.png" for letter in "abcdefghij" * 3]
    found = find_series(manifest_of(files), "number")
    assert [bool(name) for name in found[: len(numbers)]] == [is_series] * len(numbers)


@pytest.mark.parametrize("beginning", ["bart_simpson", "Bart-Simpson", "BART simpson"])
def test_the_name_of_the_class_is_no_series(beginning):
    files = [f"bart_simpson/{beginning}_{number}.jpg" for number in range(5)]
    files += [f"bart_simpson/pic_{number}.jpg" for number in range(20)]
    assert set(find_series(manifest_of(files), "number")) == {""}


def test_pictures_of_one_class_within_seconds_are_a_series():
    seconds = ["00:05", "00:10", "00:19", "00:40", "00:41", "00:06"]
    files = [f"cat/{letter}.png" for letter in "abcde"] + ["dog/f.png"]
    taken = [f"2024-05-01T12:{time}" for time in seconds]
    assert find_series(manifest_of(files, taken=taken), "time") == [
        *["cat, 2024-05-01 12:00:05"] * 3, *["cat, 2024-05-01 12:00:40"] * 2, "",
    ]  # fmt: skip


def test_a_proposal_says_which_test_pictures_are_concerned_and_what_would_change():
    files = [f"cat/film_{number}.png" for number in range(3)] + [f"cat/{letter}.png" for letter in "abcd"]
    splits = ["train", "test", "validation", "train", "train", "test", "validation"]
    (finding,) = propose_series(manifest_of(files, split=splits), lambda kind: ["train"] * 3 + splits[3:])
    assert (finding.name, finding.count, finding.groups) == ("series_by_number", 1, ((0, 1, 2),))
    assert finding.done == "Nothing: 1 of the 2 test pictures has a picture of its series in training."
    assert "set data.group_by=[number]: 2 pictures would change sides" in finding.advice


def test_no_division_is_advised_that_cannot_be():
    files = [f"cat/film_{number}.png" for number in range(3)] + [f"cat/{letter}.png" for letter in "abcd"]
    splits = ["train", "test", "validation", "train", "train", "test", "validation"]
    (finding,) = propose_series(manifest_of(files, split=splits), lambda kind: None)
    assert "set data.group_by" not in finding.advice
    assert "with data.group_by=[number] they would be too few groups" in finding.advice
    assert "trop peu de groupes" in translate(finding.advice, load_texts("fr"))


def test_series_on_one_side_are_not_told():
    files = [f"cat/film_{number}.png" for number in range(3)] + [f"cat/{letter}.png" for letter in "abcd"]
    assert propose_series(manifest_of(files, split=["train"] * 7), lambda _: pytest.fail("nothing to draw")) == []


@pytest.mark.parametrize(("persons", "advised"), [(2, False), (3, True)])
def test_the_advice_to_group_can_be_followed(make_class_folders, persons, advised):
    source = make_class_folders({f"{name}/{'abc'[n]}": 10 for name in ("cat", "dog") for n in range(persons)})
    findings = read_findings(prepare(source, checks=NO_COPIES).folder / "findings.json")
    (finding,) = [finding for finding in findings if finding.name == "series_by_folder"]
    assert ("set data.group_by=[folder]" in finding.advice) is advised
    if advised:
        counts = prepare(source, checks=NO_COPIES, group_by=["folder"]).facts.counts
        assert counts == {split: {"cat": 10, "dog": 10} for split in SPLITS}
    else:
        with pytest.raises(UserError, match="too few groups: none is left for the validation split"):
            prepare(source, checks=NO_COPIES, group_by=["folder"])


@pytest.fixture
def source(tmp_path):
    """Two classes of eight burst-like series; each has its folder, its number and its minute."""
    for kind, label in enumerate(("cat", "dog")):
        for series in range(8):
            folder = tmp_path / "pictures" / label / f"s{series}"
            folder.mkdir(parents=True)
            for number in range(3):
                exif = Image.Exif()
                exif.get_ifd(0x8769)[0x9003] = f"2024:05:01 1{kind}:{series:02d}:0{number}"
                draw_shape(kind, 10 * series + number).save(folder / f"burst {series}_{number}.jpg", exif=exif)
    return tmp_path / "pictures"


def sides_of(prepared):
    """The sides of each folder."""
    manifest = read_manifest(prepared.folder)
    return {
        folder: set(rows["split"]) for folder, rows in manifest.groupby(manifest["file"].str.rsplit("/", n=1).str[0])
    }


def test_nothing_is_grouped_in_silence_but_all_three_kinds_are_proposed(source):
    prepared = prepare(source)
    assert any(len(sides) > 1 for sides in sides_of(prepared).values())
    names = [finding.name for finding in read_findings(prepared.folder / "findings.json")]
    assert [name for name in names if name.startswith("series")] == [
        "series_by_folder", "series_by_number", "series_by_time",
    ]  # fmt: skip
    assert set(read_manifest(prepared.folder)["group"]) == {""}


def test_series_that_would_leave_a_fold_empty_are_not_advised_to_be_grouped(source):
    findings = read_findings(prepare(source, folds=20).folder / "findings.json")
    advice = [finding.advice for finding in findings if finding.name.startswith("series")]
    assert len(advice) == 3
    assert all("they would be too few groups" in one for one in advice)


@pytest.mark.parametrize("kind", ["folder", "number", "time"])
def test_grouped_series_stand_on_one_side_and_as_many_pictures_move_as_the_proposal_said(source, kind):
    first = prepare(source)
    before = read_manifest(first.folder).set_index("file")["split"]
    findings = {finding.name: finding for finding in read_findings(first.folder / "findings.json")}
    prepared = prepare(source, group_by=[kind])
    assert all(len(sides) == 1 for sides in sides_of(prepared).values())
    assert not any("series" in finding.name for finding in read_findings(prepared.folder / "findings.json"))
    moved = int((read_manifest(prepared.folder).set_index("file")["split"] != before).sum())
    assert f": {moved} pictures would change sides" in findings[f"series_by_{kind}"].advice
    assert f"{moved} pictures are on another side of the split than in the earlier preparation." in prepared.facts.notes


def test_a_fresh_grouped_split_keeps_its_shares(source):
    prepared = prepare(source, group_by=["folder"])
    assert all(len(sides) == 1 for sides in sides_of(prepared).values())
    assert all(3 <= count <= 6 for count in prepared.facts.counts["test"].values())
