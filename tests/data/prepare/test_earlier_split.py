"""A picture keeps its side of the split by its content; what cannot keep it is counted."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.conftest import draw_shape
from tests.data.trees import prepare, settings_for
from vitrine.data.prepare.earlier_split import _read_parts, gather_split, read_split
from vitrine.records.manifest import read_manifest


@pytest.fixture
def source(make_class_folders):
    return make_class_folders({"cat": 20, "dog": 20})


def sides(prepared):
    """Split by content."""
    manifest = read_manifest(prepared.folder)
    return dict(zip(manifest["sha256"], manifest["split"], strict=True))


def rename_all_files(source):
    for path in sorted(source.glob("*/*.png")):
        path.rename(path.with_name(f"picture of {path.stem}.png"))


def rename_a_class(source):
    (source / "dog").rename(source / "hound")


def move_pictures_to_the_other_class(source):
    for number in range(5):
        (source / f"cat/{number:03d}.png").rename(source / f"dog/from cat {number}.png")


def renumber_files(source):
    (source / "cat/000.png").unlink()
    for number in range(1, 20):
        (source / f"cat/{number:03d}.png").rename(source / f"cat/{number - 1:03d}.png")


def put_all_into_a_deeper_folder(source):
    (source / "cat/2024").mkdir()
    for path in sorted((source / "cat").glob("*.png")):
        path.rename(source / "cat/2024" / path.name)


@pytest.mark.parametrize(
    "change",
    [
        rename_all_files,
        rename_a_class,
        move_pictures_to_the_other_class,
        renumber_files,
        put_all_into_a_deeper_folder,
    ],
)
def test_the_same_bytes_keep_their_side_whatever_they_are_called(source, change):
    before = sides(prepare(source))
    change(source)
    after = prepare(source)
    assert {content: before[content] for content in sides(after)} == sides(after)
    assert not any("another side" in note for note in after.facts.notes)


def test_folds_follow_the_content_too(source):
    def folds(prepared):
        manifest = read_manifest(prepared.folder)
        return dict(zip(manifest["sha256"], manifest["fold"], strict=True))

    before = folds(prepare(source, folds=3))
    rename_all_files(source)
    assert folds(prepare(source, folds=3)) == before


@pytest.mark.parametrize(("before", "after"), [(6, 3), (3, 6), (3, 3)])
def test_a_named_manifest_of_another_number_of_folds_keeps_the_test_and_fills_all_folds(source, before, after):
    first = prepare(source, folds=before)
    kept = first.folder.with_name("kept.csv")
    kept.write_bytes((first.folder / "manifest.csv").read_bytes())
    tested, folds = set(first.splits["test"]["file"]), read_manifest(first.folder)["fold"]
    again = prepare(source, folds=after, split_seed=5, keep_split=str(kept))
    assert set(again.splits["test"]["file"]) == tested
    sizes = read_manifest(again.folder)["fold"].value_counts().drop(-1)
    assert set(sizes.index) == set(range(after))
    assert max(sizes) - min(sizes) <= 2
    assert read_manifest(again.folder)["fold"].equals(folds) is (before == after)


def test_folds_of_which_some_were_empty_are_drawn_anew(source):
    first = prepare(source, folds=4)
    manifest = read_manifest(first.folder)
    manifest["fold"] = manifest["fold"].replace({2: 0, 3: 1})  # as a former build divided small classes
    kept = first.folder.with_name("kept.parquet")
    manifest.to_parquet(kept)
    again = prepare(source, folds=4, keep_split=str(kept))
    assert set(read_manifest(again.folder)["fold"]) == {-1, 0, 1, 2, 3}


def test_a_named_manifest_of_other_names_keeps_the_split(source):
    first = prepare(source, split_seed=3)
    kept = first.folder.with_name("kept.csv")
    kept.write_bytes((first.folder / "manifest.csv").read_bytes())
    rename_all_files(source)
    assert sides(prepare(source, split_seed=5, keep_split=str(kept))) == sides(first)


def test_a_class_that_would_be_a_formula_is_text_in_the_csv_exact_in_parquet_and_keeps_its_split(make_class_folders):
    source = make_class_folders({"=1+1": 10, "dog": 10})
    prepared = prepare(source)
    manifest = read_manifest(prepared.folder)
    assert set(manifest["label_name"]) == {"=1+1", "dog"}
    assert "\n'=1+1/000.png," in (prepared.folder / "manifest.csv").read_text("utf-8")
    earlier = [gather_split(_read_parts(prepared.folder / f"manifest.{suffix}")) for suffix in ("csv", "parquet")]
    for split in earlier:
        assert split.find(manifest) == [split.side_of(file) for file in manifest["file"]]
    assert earlier[0].find(manifest) == earlier[1].find(manifest)
    assert earlier[0].side_of("=1+1/000.png") is not None


def test_new_pictures_under_old_names_are_new_where_the_old_ones_go_on(source):
    first = prepare(source)
    manifest = read_manifest(first.folder)
    file = manifest.loc[(manifest["split"] == "test"), "file"].iloc[0]
    (source / file).rename(source / "cat/old.png")
    draw_shape(0, 999).save(source / file)
    after = read_manifest(prepare(source).folder).set_index("file")["split"]
    assert after["cat/old.png"] == "test"
    assert after[file] == "train"  # the test split is full


def test_of_copies_on_several_sides_the_one_that_was_trained_on_counts():
    rows = [("a", "train"), ("b", "test"), ("c", "validation"), ("d", "test")]
    manifest = pd.DataFrame(rows, columns=["file", "split"]).assign(status="kept", fold=-1, sha256=["1", "1", "2", "2"])
    split = gather_split([manifest])
    now = pd.DataFrame({"file": ["new", "newer", "b"], "sha256": ["1", "2", "1"]})
    assert [side.split for side in split.find(now)] == ["train", "validation", "test"]


def test_a_name_whose_accents_are_stored_otherwise_is_known_and_one_that_is_written_so_comes_first():
    composed, decomposed = "caf\u00e9.png", "cafe\u0301.png"

    def sides_of(earlier, names):
        manifest = pd.DataFrame(earlier, columns=["file", "split"]).assign(status="kept", fold=-1, sha256="1")
        now = pd.DataFrame({"file": names, "sha256": "2"})
        return [side and side.split for side in gather_split([manifest]).find(now)]

    assert sides_of([(decomposed, "test")], [composed, decomposed, "cafe.png"]) == ["test", "test", None]
    assert sides_of([(composed, "test")], [composed, decomposed]) == ["test", "test"]
    assert sides_of([(decomposed, "test"), (composed, "train")], [composed, decomposed]) == ["train", "test"]


def test_names_and_digests_stay_in_a_file_whatever_their_number(tmp_path):
    files = [f"{'x' * 5_000}{number}.png" for number in range(20)]
    columns = {"file": files, "status": "kept", "split": ["train", "test"] * 10, "sha256": files}
    manifest = pd.DataFrame(columns).astype("string").assign(fold=-1)
    before = pa.total_allocated_bytes()
    split = gather_split((manifest[start : start + 5] for start in range(0, 20, 5)), scratch=tmp_path)
    assert pa.total_allocated_bytes() - before < 10_000
    assert list(tmp_path.iterdir()) == []
    assert [side.split for side in split.find(manifest)] == ["train", "test"] * 10
    assert [side.split for side in split.find(manifest, np.array([1, 4]))] == ["test", "train"]


def test_without_an_earlier_preparation_nothing_is_known():
    split = read_split(None, None, settings_for("pictures"), frozenset())
    assert split.find(pd.DataFrame({"file": ["a"], "sha256": ["1"]})) == [None]
    assert split.folds == set()


def test_pictures_that_change_sides_are_counted_with_those_that_old_models_have_seen(source):
    before = sides(prepare(source))
    after = prepare(source, split_seed=1)
    moved = [(before[content], split) for content, split in sides(after).items() if before[content] != split]
    seen = sum(split == "test" for _, split in moved)
    assert len(moved) > seen > 1
    assert (
        f"{len(moved)} pictures are on another side of the split than in the earlier preparation." in after.facts.notes
    )
    assert any(note.startswith(f"{seen} pictures are now for testing that were") for note in after.facts.notes)


def test_a_gate_that_is_set_aside_later_takes_pictures_that_models_may_know_and_keeps_them_then(source):
    before = sides(prepare(source))
    prepared = prepare(source, gate_fraction=0.2)
    after = sides(prepared)
    taken = [content for content, split in after.items() if split == "gate" and before[content] != "gate"]
    assert len(taken) == 8
    assert any(note.startswith("8 pictures are now for the gate that were on another") for note in prepared.facts.notes)
    draw_shape(0, 99).save(source / "cat/new.png")
    again = sides(prepare(source, gate_fraction=0.2))
    assert {content for content, split in again.items() if split == "gate"} == set(taken)
    given_up = prepare(source).facts.notes
    assert any(note.startswith("8 pictures are no longer for the gate") for note in given_up)
