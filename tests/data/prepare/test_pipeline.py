"""From a folder of pictures to a prepared data set: every file accounted for, the source untouched, whole or absent."""

import os
import re
import shutil
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.conftest import draw_shape
from tests.data.sources.stores import fill, refusing
from tests.data.trees import digest, prepare, settings_for
from tests.factories import few_examples
from vitrine.config.data import ChecksSection
from vitrine.data.images.decoding import Rendering, open_image
from vitrine.data.manifest.scan import count_status, scan_files
from vitrine.data.prepare.pipeline import write_prepared
from vitrine.data.prepare.working_folder import working_folder
from vitrine.data.prepared.dataset import open_prepared
from vitrine.data.sources.addresses import RemoteFile
from vitrine.data.sources.class_folders import find_files
from vitrine.data.sources.places import SourceLostError
from vitrine.errors import UserError
from vitrine.records.manifest import read_manifest

PARTS = ("train", "test", "valid", "cat", "Cat", "dog ", "héllo", "🐶", ".git", "__MACOSX", "test_tube", "a b", "x.png")
NAMES = (
    "1.png",
    "2.JPG",
    "photo of a train.png",
    "notes.txt",
    "zero.jpg",
    ".DS_Store",
    "é.png",
    "README",
    "caf\udce9.png",
)


def encode_picture():
    buffer = BytesIO()
    draw_shape(0, 0).save(buffer, "PNG")
    return buffer.getvalue()


PICTURE = encode_picture()
LINKS = ("..", ".", "nowhere", "../cat", "1.png")
# Half of what stands in a tree are good pictures, so that most trees can be prepared.
CONTENTS = st.one_of(
    st.just(PICTURE), st.sampled_from([PICTURE, b"", b"text", PICTURE[:60], None]), st.sampled_from(LINKS)
)


@st.composite
def odd_trees(draw):
    """A layout and, by path below the source, what it holds: bytes, a link's target, nothing (a folder)."""
    layout = draw(st.sampled_from(("auto", "classes", "splits")))
    tops = ("train", "test") if layout == "splits" else PARTS
    folder = st.tuples(st.sampled_from(tops), st.lists(st.sampled_from(PARTS), max_size=2))
    entries = draw(
        st.lists(st.tuples(folder, st.sampled_from(NAMES), CONTENTS, st.integers(1, 5)), min_size=0, max_size=25)
    )
    return layout, {
        "/".join((top, *parts, name if copy == 0 else f"{copy} {name}")): content
        for (top, parts), name, content, copies in entries
        for copy in range(copies)
    }


def write_odd_tree(root, files):
    """Writes what can stand beside what stands there already."""
    root.mkdir()
    for name, content in files.items():
        path = root / name
        if any(parent.is_file() or parent.is_symlink() for parent in path.parents) or os.path.lexists(path):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif content is not None:
            path.symlink_to(content)


def list_files(root):
    """Every file by an independent way: neither links nor our own code are followed."""
    found = set()
    for folder, folders, files in os.walk(root):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
        found |= {os.path.relpath(os.path.join(folder, name), root) for name in files + links}  # noqa: PTH118
    return {os.fsencode(name).decode("utf-8", "backslashreplace") for name in found}


@settings(few_examples, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(odd_trees())
def test_files_found_are_kept_quarantined_or_left_out_in_any_odd_tree(tmp_path, tree):
    layout, files = tree
    source = Path(tempfile.mkdtemp(dir=tmp_path)) / "source"
    write_odd_tree(source, files)
    before = digest(source)
    try:
        manifest = scan_files(find_files(source, layout), 150).manifest
    except UserError as refusal:
        asked = layout == "auto" and "may be splits or classes" in str(refusal)
        assert asked or ("holds no files" in str(refusal) and not list_files(source))  # noqa: PT017
    else:
        files = set(manifest["file"])
        assert {file.removesuffix("/") for file in files} >= list_files(source)
        assert {file for file in files if not file.endswith("/")} <= list_files(source)
        assert len(files) == len(manifest) == sum(count_status(manifest).values())
        kept = manifest["status"] == "kept"
        assert (manifest.loc[~kept, "reason"] != "").all()
        assert (manifest.loc[kept, "label_name"] != "").all()
        try:
            facts = prepare(source, layout=layout).facts
        except UserError as refusal:
            assert re.search("one class only|no picture that can|too few pictures|and test only", str(refusal))  # noqa: PT017
        else:
            assert facts.files_found == len(files) == facts.files_kept + facts.files_quarantined + facts.files_left_out
    assert digest(source) == before


@pytest.fixture
def odd_source(make_class_folders):
    """Three classes, and one of everything that people's folders hold besides."""
    source = make_class_folders({"cat": 12, "dog é 🐶": 9, "ant": 2, "one": 1})
    (source / "cat" / "zero.jpg").touch()
    (source / "cat" / "text.jpg").write_text("text")
    (source / "cat" / "notes.txt").write_text("text")
    (source / "cat" / os.fsdecode(b"caf\xe9 \x1b.png")).write_bytes((source / "cat/000.png").read_bytes())
    (source / "loose.png").write_bytes((source / "cat/000.png").read_bytes())
    (source / "broken").mkdir()
    (source / "broken" / "1.jpg").write_text("text")
    (source / "empty").mkdir()
    (source / ".hidden").touch()
    (source / "Cat ").symlink_to("cat")
    return source


def test_a_prepared_data_set_accounts_for_every_file_and_leaves_the_source_as_it_was(odd_source):
    before = digest(odd_source)
    prepared = prepare(odd_source)
    facts, manifest = prepared.facts, read_manifest(prepared.folder)
    assert (facts.files_found, facts.files_kept, facts.files_quarantined, facts.files_left_out) == (33, 25, 3, 5)
    assert manifest["status"].value_counts().to_dict() == {"kept": 25, "quarantined": 3, "left_out": 5}
    assert (manifest.loc[manifest["status"] != "kept", "split"] == "").all()
    assert (
        pd.read_csv(prepared.folder / "manifest.csv", keep_default_na=False)["file"].tolist()
        == manifest["file"].tolist()
    )
    assert sorted(path.name for path in prepared.folder.iterdir()) == [
        "findings.json", "manifest.csv", "manifest.parquet", "near_pairs.parquet", "pictures", "prepared.json",
        "thumbnails.npy", "training_index.arrow",
    ]  # fmt: skip
    assert digest(odd_source) == before


def test_the_splits_hold_exactly_the_kept_rows_with_their_labels(odd_source):
    prepared = prepare(odd_source)
    manifest = read_manifest(prepared.folder)
    kept = manifest[manifest["status"] == "kept"].set_index("file")
    assert prepared.label_names == ("ant", "cat", "dog é 🐶", "one")
    seen = []
    for name, split in prepared.splits.items():
        assert split.features["label"].names == list(prepared.label_names)
        for row in split:
            seen.append(row["file"])
            assert kept.loc[row["file"], ["split", "width", "height"]].tolist() == [name, row["width"], row["height"]]
            assert kept.loc[row["file"], "label_name"] == prepared.label_names[row["label"]]
    assert sorted(seen) == sorted(kept.index)
    counts = {
        split: {
            name: len(kept[(kept["split"] == split) & (kept["label_name"] == name)]) for name in prepared.label_names
        }
        for split in ("train", "validation", "test")
    }
    assert prepared.facts.counts == counts


def test_notes_say_what_a_person_should_know(odd_source):
    assert prepare(odd_source).facts.notes == [
        "Classes 'Cat ' and 'cat' differ in capitals, blanks, hyphens or accents only: if they are "
        "one class, put their pictures into one folder or give both one name with labels.rename.",
        "Class 'Cat ' has no picture that can be used: it is left out.",
        "Class 'broken' has no picture that can be used: it is left out.",
        "Class 'empty' has no picture that can be used: it is left out.",
        "Class 'ant' has 2 pictures, none for validation: it cannot steer the training.",
        "Class 'one' has 1 picture, none for validation and test: it is trained on but cannot be tested.",
    ]


def test_stored_pictures_are_exactly_what_the_networks_image_processor_gives(tmp_path, awkward_pictures):
    from transformers import ViTImageProcessor

    for name in ("a", "b"):  # the huge one takes seconds and has tests of its own
        shutil.copytree(awkward_pictures, tmp_path / "source" / name, ignore=shutil.ignore_patterns("huge.jpg"))
    checks = ChecksSection(near_duplicates=False, contradictions="keep")
    prepared = prepare(tmp_path / "source", image_size=33, checks=checks)
    processor = ViTImageProcessor(
        size={"height": 33, "width": 33}, resample=Image.Resampling.BICUBIC, do_rescale=False, do_normalize=False
    )
    rows = [row for split in prepared.splits.values() for row in split]
    assert len(rows) == 2 * (len(list(awkward_pictures.iterdir())) - 1)
    for row in rows:
        picture = open_image(tmp_path / "source" / row["file"], rendering=Rendering(color_profiles="apply"))
        expected = processor(picture, return_tensors="np")["pixel_values"][0]
        assert np.array_equal(np.asarray(row["image"]).transpose(2, 0, 1), expected), row["file"]


def test_the_same_source_and_settings_give_the_same_data_set(odd_source):
    first = {name: split.to_dict() for name, split in prepare(odd_source).splits.items()}
    assert {name: split.to_dict() for name, split in prepare(odd_source).splits.items()} == first
    assert {name: split.to_dict() for name, split in prepare(odd_source, split_seed=1).splits.items()} != first


def no_space(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("place", ["pictures", "squares", "manifest", "facts"])
@pytest.mark.parametrize("older", [False, True])
def test_a_full_disk_leaves_the_older_data_set_or_none(make_class_folders, monkeypatch, place, older):
    source = make_class_folders({"cat": 5, "dog": 5})
    final = source.with_name("pictures_prepared")
    before = digest(prepare(source).folder) if older else None
    names = {path.name for path in final.parent.iterdir()}
    owner, name = {
        "pictures": (pa.ipc, "new_stream"),
        "squares": (Image.Image, "save"),
        "manifest": (pd.DataFrame, "to_parquet"),
        "facts": (os, "fsync"),
    }[place]
    with monkeypatch.context() as full:
        full.setattr(owner, name, no_space)
        with pytest.raises(OSError, match="No space left") as caught:
            prepare(source, again=True)
    assert caught.value.errno == 28
    assert {path.name for path in final.parent.iterdir()} - names <= {".pictures_prepared.unfinished"}
    if older:
        assert digest(final) == before
        assert len(open_prepared(final).splits["train"]) > 0
    assert prepare(source).facts.files_kept == 10
    assert {path.name for path in final.parent.iterdir()} == names | {"pictures_prepared"}


def test_progress_counts_every_file_and_every_picture(make_class_folders):
    source = make_class_folders({"cat": 5, "dog": 5})
    (source / "notes.txt").touch()
    (source.parent / "final").mkdir()
    seen = []
    write_prepared(source.parent / "final", "x", settings_for(source), lambda *given, faults=0: seen.append(given))
    assert seen == [("checking", 11, 11)] + [("resizing", n, 10) for n in range(1, 11)]


def test_training_pictures_may_be_larger_than_those_that_are_measured(make_class_folders):
    prepared = prepare(make_class_folders({"cat": 20, "dog": 20}), training_size=20)
    assert {name: split[0]["image"].size for name, split in prepared.splits.items()} == {
        "train": (20, 20), "validation": (16, 16), "test": (16, 16),
    }  # fmt: skip
    moved = prepare(prepared.folder.with_name("pictures"), training_size=20, split_seed=1)
    assert {row["image"].size for row in moved.splits["train"]} == {(20, 20)}
    assert {row["image"].size for row in moved.splits["test"]} == {(16, 16)}


def test_after_credentials_expired_the_same_command_goes_on(source, tmp_path, monkeypatch):
    pictures = {str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*.png")}
    settings = settings_for(fill(pictures))

    def write():
        with working_folder(tmp_path / "data") as folder:
            return write_prepared(folder, "data", settings)

    monkeypatch.setattr("vitrine.data.manifest.scan.FILES_PER_TASK", 1)  # all that was begun before it is done
    with refusing(monkeypatch, after=30), pytest.raises(SourceLostError, match="what was done is kept"):
        write()
    seen = len(read_manifest(tmp_path / ".data.unfinished"))
    read = []
    opened = RemoteFile.open
    monkeypatch.setattr(RemoteFile, "open", lambda place, mode: read.append(place) or opened(place, mode))
    facts = write()
    assert 0 < seen < 40
    assert len(read) == 40 - seen + 40  # what was not seen yet, and all to be resized
    assert facts.files_kept == 40
    assert facts.version == prepare(source).facts.version
