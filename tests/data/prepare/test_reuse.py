"""A second preparation: takes over what has not changed, keeps the split, goes on where the first was interrupted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import draw_shape
from tests.data.pictures import photograph
from tests.data.trees import prepare, settings_for
from vitrine.config.data import ChecksSection
from vitrine.data.manifest import scan
from vitrine.data.prepare import preprocessed_images
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.working_folder import working_folder
from vitrine.data.prepared.dataset import open_prepared
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest


@pytest.fixture
def pictures_preprocessed(monkeypatch):
    """Names of the pictures that are decoded and resized."""
    made = []
    original = preprocessed_images.preprocess_file
    monkeypatch.setattr(
        preprocessed_images,
        "preprocess_file",
        lambda file, *given: made.append(Path(file.path).name) or original(file, *given),
    )
    return made


def content_of(prepared):
    return {
        row["file"]: (name, row["label"], row["width"], np.asarray(row["image"]).tobytes())
        for name, split in prepared.splits.items()
        for row in split
    }


def test_added_files_alone_are_resized_and_the_older_ones_keep_their_split(source, pictures_preprocessed):
    before = content_of(prepare(source))
    pictures_preprocessed.clear()
    for number in range(20, 40):
        draw_shape(0, number).save(source / "cat" / f"{number:03d}.png")
    after = prepare(source)
    assert sorted(pictures_preprocessed) == [f"{number:03d}.png" for number in range(20, 40)]
    assert before.items() <= content_of(after).items()
    assert after.facts.counts["test"] == {"cat": 6, "dog": 3}
    assert all(split["file"] == sorted(split["file"]) for split in after.splits.values())


def test_shards_of_which_nothing_has_changed_are_not_even_copied(source):
    prepare(source)
    folder = source.with_name("pictures_prepared") / "pictures"
    inode = (folder / "validation-00000.arrow").stat().st_ino
    draw_shape(0, 50).save(source / "cat" / "050.png")
    prepare(source)
    assert (folder / "validation-00000.arrow").stat().st_ino == inode
    assert len(list(folder.glob("*.arrow"))) == 4


def test_a_changed_a_removed_and_a_moved_file_are_seen(source, pictures_preprocessed):
    before = content_of(prepare(source))
    pictures_preprocessed.clear()
    draw_shape(1, 99).save(source / "cat" / "003.png")
    (source / "cat" / "004.png").unlink()
    (source / "cat" / "005.png").rename(source / "dog" / "new.png")
    after = content_of(prepare(source))
    assert sorted(pictures_preprocessed) == ["003.png", "new.png"]
    assert set(before) - set(after) == {"cat/004.png", "cat/005.png"}
    assert after["cat/003.png"][3] != before["cat/003.png"][3]
    assert after["dog/new.png"][3] == before["cat/005.png"][3]
    assert after["dog/new.png"][1] == 1


def test_a_new_class_renumbers_the_labels_without_resizing_again(source, pictures_preprocessed):
    prepare(source)
    pictures_preprocessed.clear()
    (source / "bird").mkdir()
    for number in range(10):
        draw_shape(2, number).save(source / "bird" / f"b{number}.png")
    prepared = prepare(source)
    assert all(name.startswith("b") for name in pictures_preprocessed)
    assert prepared.label_names == ("bird", "cat", "dog")
    for split in prepared.splits.values():
        assert all(prepared.label_names[row["label"]] == row["file"].split("/")[0] for row in split)


def test_other_pixels_are_made_anew_and_other_shares_split_anew(source, pictures_preprocessed):
    prepare(source)
    pictures_preprocessed.clear()
    assert prepare(source, image_size=20).splits["test"][0]["image"].size == (20, 20)
    assert len(pictures_preprocessed) == 40
    pictures_preprocessed.clear()
    prepared = prepare(source, image_size=20, test_fraction=0.3)
    assert prepared.facts.counts["test"] == {"cat": 6, "dog": 6}
    assert pictures_preprocessed == []


def test_a_named_manifest_keeps_its_split_elsewhere(source, tmp_path):
    first = read_manifest(prepare(source, split_seed=3).folder).set_index("file")["split"]
    for suffix in ("parquet", "csv"):
        manifest = source.with_name("pictures_prepared") / f"manifest.{suffix}"
        folder = tmp_path / f"again {suffix}"
        folder.mkdir()
        write_prepared(folder, "x", settings_for(source, keep_split=str(manifest)))
        assert read_manifest(folder).set_index("file")["split"].equals(first)


@pytest.mark.parametrize(("content", "message"), [("a,b\n1,2\n", "it has no column file"), (None, "cannot be read")])
def test_what_is_no_manifest_is_refused(source, tmp_path, content, message):
    if content:
        (tmp_path / "m.csv").write_text(content)
    with pytest.raises(UserError, match=f"data.keep_split: .*m.csv .*{message}"):
        prepare(source, keep_split=str(tmp_path / "m.csv"))


@pytest.mark.parametrize("when", [("checking", 16), ("resizing", 25)])
def test_an_interrupted_preparation_goes_on_and_ends_as_an_uninterrupted_one(source, pictures_preprocessed, when):
    expected = content_of(prepare(source, again=True))
    final = source.with_name("second")
    pictures_preprocessed.clear()

    def interrupt(what, done, _, faults=0):
        if (what, done) == when:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), working_folder(final) as folder:
        write_prepared(folder, "x", settings_for(source), interrupt)
    assert not final.exists()
    interrupted = len(pictures_preprocessed)
    with working_folder(final) as folder:
        write_prepared(folder, "x", settings_for(source))
    assert content_of(open_prepared(final)) == expected
    if when[0] == "resizing":
        assert len(pictures_preprocessed) - interrupted <= 40 - 25
    assert sorted(path.name for path in final.iterdir()) == [
        "findings.json", "manifest.csv", "manifest.parquet", "near_pairs.parquet", "pictures", "prepared.json",
        "thumbnails.npy", "training_index.arrow",
    ]  # fmt: skip
    assert not list(final.parent.glob(".second*"))


def test_what_was_read_is_not_read_again_after_an_interrupted_comparison(source, monkeypatch):
    read = []
    original = scan._scan_file
    monkeypatch.setattr(scan, "_scan_file", lambda found, limit: read.append(found.file) or original(found, limit))

    def interrupt(what, *_, faults=0):
        if what == "comparing":
            raise KeyboardInterrupt

    settings = settings_for(source, checks=ChecksSection())
    with pytest.raises(KeyboardInterrupt), working_folder(source.with_name("second")) as folder:
        write_prepared(folder, "x", settings, interrupt)
    assert len(read) == 40
    with working_folder(source.with_name("second")) as folder:
        write_prepared(folder, "x", settings)
    assert len(read) == 40
    anew = prepare(source, checks=ChecksSection())
    assert content_of(open_prepared(source.with_name("second"))) == content_of(anew)
    assert pairs_of(open_prepared(source.with_name("second"))) == pairs_of(anew)


def test_a_picture_that_had_changed_before_an_interruption_is_made_anew(source, pictures_preprocessed):
    prepare(source)
    draw_shape(1, 99).save(source / "cat" / "003.png")
    final = source.with_name("pictures_prepared")

    def interrupt(what, done, _, faults=0):
        if (what, done) == ("checking", 40):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), working_folder(final) as folder:
        write_prepared(folder, "x", settings_for(source), interrupt, earlier=final)
    pictures_preprocessed.clear()
    after = content_of(prepare(source))
    assert pictures_preprocessed == ["003.png"]
    assert after == content_of(prepare(source, again=True))


def test_work_of_other_settings_is_not_taken_over(source):
    final = source.with_name("second")

    def interrupt(what, done, _, faults=0):
        if (what, done) == ("resizing", 25):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), working_folder(final) as folder:
        write_prepared(folder, "x", settings_for(source, image_size=20), interrupt)
    with working_folder(final) as folder:
        write_prepared(folder, "x", settings_for(source))
    assert {row["image"].size for row in open_prepared(final).splits["train"]} == {(16, 16)}


def test_copies_among_added_files_are_found_as_in_a_whole_search(tmp_path):
    source = tmp_path / "pictures"
    for name in ("cat", "dog"):
        (source / name).mkdir(parents=True)
    for number in range(12):
        photograph(number).save(source / ("cat", "dog")[number % 2] / f"{number:02d}.png")
    photograph(3).resize((100, 80)).save(source / "dog" / "03 small.png")
    checks = ChecksSection()
    first = prepare(source, checks=checks)
    assert pairs_of(first) == {("dog/03 small.png", "dog/03.png")}
    photograph(4).resize((100, 80)).save(source / "cat" / "00 of 4.png")
    photograph(90).save(source / "cat" / "90.png")
    photograph(90).resize((100, 80)).save(source / "cat" / "91.png")
    (source / "dog" / "03 small.png").unlink()
    again = prepare(source, checks=checks)
    assert pairs_of(again) == {("cat/00 of 4.png", "cat/04.png"), ("cat/90.png", "cat/91.png")}
    manifest = read_manifest(again.folder).set_index("file")
    assert manifest.loc["cat/00 of 4.png", "split"] == manifest.loc["cat/04.png", "split"]
    assert (
        manifest["copy_of"].to_dict()
        == read_manifest(prepare(source, again=True, checks=checks).folder).set_index("file")["copy_of"].to_dict()
    )


def pairs_of(prepared):
    pairs = pd.read_parquet(prepared.folder / "near_pairs.parquet")
    return set(zip(pairs["first"], pairs["second"], strict=True))
