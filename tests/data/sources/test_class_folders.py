"""From a folder to files, labels and splits: nothing guessed, nothing lost."""

import os
import tracemalloc
import unicodedata

import pytest

from vitrine.data import progress
from vitrine.data.sources import class_folders
from vitrine.data.sources.class_folders import find_files
from vitrine.errors import UserError


@pytest.fixture
def tree(tmp_path):
    """A function that makes empty files; a name that ends in a slash makes a folder."""

    def make(*files: str):
        root = tmp_path / "source"
        root.mkdir(exist_ok=True)
        for file in files:
            path = root / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir() if file.endswith("/") else path.touch()
        return root

    return make


def labels(source, layout="auto"):
    return {file.file: file.label_name for file in find_files(source, layout) if not file.left_out}


def splits(source, layout="auto"):
    return {file.file: file.split for file in find_files(source, layout) if not file.left_out}


def reasons(source, layout="auto"):
    return {file.file: file.left_out for file in find_files(source, layout) if file.left_out}


@pytest.mark.parametrize(
    "classes",
    [
        ("bus", "train", "car"),
        ("ok", "test_tube"),
        ("ok", "valid", "dev"),
        ("Training", "shoes"),
        ("test", "quiz"),
        ("validation", "stamp", "test"),
    ],
)
def test_classes_named_like_splits_are_classes_beside_other_classes(tree, classes):
    source = tree(*(f"{name}/{number}.png" for name in classes for number in range(3)))
    assert labels(source) == {f"{name}/{number}.png": name for name in classes for number in range(3)}
    assert set(splits(source).values()) == {""}


def test_files_named_like_splits_are_files(tree):
    source = tree("a/photo of a train.png", "a/test.png", "b/validation.png", "b/1.png")
    assert labels(source) == {
        "a/photo of a train.png": "a",
        "a/test.png": "a",
        "b/validation.png": "b",
        "b/1.png": "b",
    }


def test_a_deeper_picture_belongs_to_its_class_and_changes_no_other_label(tree):
    source = tree("a/1.png", "a/more/deep/2.png", "b/1.png")
    assert labels(source) == {"a/1.png": "a", "a/more/deep/2.png": "a", "b/1.png": "b"}


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"), ("Training", "train"), ("TRAIN", "train"), ("val", "validation"), ("valid", "validation"),
        ("Validation", "validation"), ("dev", "validation"), ("test", "test"), ("Testing", "test"),
    ],
)  # fmt: skip
def test_folders_named_as_splits_that_hold_class_folders_are_splits(tree, folder, split):
    source = tree(f"{folder}/a/1.png", f"{folder}/b/1.png")
    assert splits(source) == {f"{folder}/a/1.png": split, f"{folder}/b/1.png": split}
    assert labels(source) == {f"{folder}/a/1.png": "a", f"{folder}/b/1.png": "b"}


def test_a_class_may_be_called_train_within_split_folders(tree):
    source = tree("train/train/1.png", "train/bus/1.png", "test/train/1.png", "test/bus/1.png")
    assert labels(source)["train/train/1.png"] == "train"
    assert splits(source)["test/train/1.png"] == "test"


def test_tables_and_hidden_files_in_a_split_folder_do_not_make_it_doubtful(tree):
    source = tree("train/a/1.png", "train/labels.csv", "train/.DS_Store", "test/a/1.png", "readme.txt", ".git/train/x")
    assert splits(source) == {"train/a/1.png": "train", "test/a/1.png": "test"}


@pytest.mark.parametrize(
    "files",
    [
        ("train/1.png", "test/1.png"),
        ("train/a/1.png", "test/1.png"),
        ("train/a/1.png", "holdout/a/1.png"),
        ("train/steam/1.png", "bus/1.png"),
    ],
)
def test_where_folders_may_be_splits_or_classes_the_person_is_asked(tree, files):
    source = tree(*files)
    with pytest.raises(UserError, match=r"may be splits or classes.*data\.layout=classes.*data\.layout=splits"):
        find_files(source)
    assert set(labels(source, "classes").values()) == {file.split("/")[0] for file in files}


def test_with_the_layout_splits_everything_outside_split_and_class_folders_is_left_out(tree):
    source = tree("train/a/1.png", "test/1.png", "holdout/a/1.png", "loose.png")
    assert splits(source, "splits") == {"train/a/1.png": "train"}
    outside = "outside the folders <split>/<class>"
    assert reasons(source, "splits") == {"test/1.png": outside, "holdout/a/1.png": outside, "loose.png": outside}


def test_what_is_no_picture_is_left_out_with_its_reason(tree):
    source = tree(
        "a/1.png", "b/1.png", "loose.png", "a/notes.txt", "a/Clip.MP4", "a/.hidden.png", ".cache/x.png",
        "__MACOSX/a/._1.png", "b/__MACOSX/1.png", "b/.ipynb_checkpoints/1.png",
    )  # fmt: skip
    assert labels(source) == {"a/1.png": "a", "b/1.png": "b"}
    assert reasons(source) == {
        "loose.png": "outside the class folders",
        "a/notes.txt": "not a picture (.txt)",
        "a/Clip.MP4": "not a picture (.mp4)",
        "a/.hidden.png": "hidden file",
        ".cache/x.png": "hidden file",
        "__MACOSX/a/._1.png": "hidden file",
        "b/__MACOSX/1.png": "hidden file",
        "b/.ipynb_checkpoints/1.png": "hidden file",
    }


def test_a_class_may_begin_with_a_dot_and_a_number(tree):
    assert set(labels(tree(".22 LR/1.png", ".45 ACP/deep/1.png", "9 mm/1.png")).values()) == {
        ".22 LR",
        ".45 ACP",
        "9 mm",
    }


def test_a_hidden_folder_that_may_be_a_class_is_named_with_what_to_do(tree):
    source = tree(".NET/1.png", "java/1.png", ".cache/1.png")
    assert reasons(source) == {
        ".NET/1.png": "in a hidden folder; a class needs a name without a dot in front",
        ".cache/1.png": "hidden file",
    }
    (source / ".NET").rename(source / "NET")
    assert set(labels(source).values()) == {"NET", "java"}


def test_folders_of_a_system_are_no_classes_and_thumbnails_no_pictures(tree):
    source = tree(
        "cat/1.png", "cat/@eaDir/1.png/SYNO_THUMB_M.jpg", "dog/1.png", "dog/thumbs/1.png", "#recycle/1.png",
        "$RECYCLE.BIN/S-1-5-21/1.png", "System Volume Information/", "lost+found/",
    )  # fmt: skip
    assert labels(source) == {"cat/1.png": "cat", "dog/1.png": "dog"}
    assert {file.label_name for file in find_files(source)} <= {"cat", "dog", ""}
    assert reasons(source) == {
        "cat/@eaDir/1.png/SYNO_THUMB_M.jpg": "in a folder of the system (@eaDir)",
        "dog/thumbs/1.png": "in a folder of thumbnails (thumbs)",
        "#recycle/1.png": "in a folder of the system (#recycle)",
        "$RECYCLE.BIN/S-1-5-21/1.png": "in a folder of the system ($RECYCLE.BIN)",
    }


def test_a_class_may_be_called_thumbs(tree):
    assert set(labels(tree("thumbs/1.png", "fist/1.png")).values()) == {"thumbs", "fist"}


def test_empty_class_folders_are_named(tree):
    source = tree("a/1.png", "b/1.png", "c/", "d/e/f/", ".git/")
    assert reasons(source) == {"c/": "empty folder", "d/": "empty folder"}
    source = tree("train/a/1.png", "test/")
    with_splits = {file.file: (file.left_out, file.label_name) for file in find_files(source, "splits")}
    assert with_splits["test/"] == ("empty folder", "")


def test_a_source_below_a_hidden_folder_is_not_hidden(tmp_path):
    (tmp_path / ".cache" / "a").mkdir(parents=True)
    (tmp_path / ".cache" / "a" / "1.png").touch()
    assert labels(tmp_path / ".cache") == {"a/1.png": "a"}


def test_names_with_spaces_accents_and_emoji_stay_as_they_are(tree):
    nfd = unicodedata.normalize("NFD", "Müller")
    files = {"Grüne Äpfel/mein Bild (1).png", "🐶 dogs/naïve 🐕.png", "a b /c .png", f"{nfd}/1.png", "日本/写真.png"}
    assert set(labels(tree(*files))) == files


def test_names_that_are_no_utf_8_or_hold_control_characters_are_escaped_and_still_lead_to_the_file(tree):
    source = tree("a/1.png", "b\n/2\x1b[31m.png")
    (source / os.fsdecode(b"a/caf\xe9.png")).write_bytes(b"content")
    found = {file.file: file for file in find_files(source)}
    assert set(found) == {"a/1.png", r"a/caf\xe9.png", r"b\n/2\x1b[31m.png"}
    assert found[r"a/caf\xe9.png"].path.open("rb").read() == b"content"
    assert found[r"b\n/2\x1b[31m.png"].label_name == r"b\n"


def test_links_to_files_and_to_folders_elsewhere_are_followed(tree, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "1.png").touch()
    source = tree("a/1.png")
    (source / "a" / "2.png").symlink_to(outside / "1.png")
    (source / "b").symlink_to(outside)
    assert labels(source) == {"a/1.png": "a", "a/2.png": "a", "b/1.png": "b"}


@pytest.mark.parametrize("target", [".", "..", "../..", "../b", "/"])
def test_links_that_lead_back_or_upwards_are_named_and_end(tree, target):
    source = tree("a/1.png", "b/1.png")
    (source / "a" / "link").symlink_to(target)
    assert labels(source) == {"a/1.png": "a", "b/1.png": "b"}
    assert reasons(source) == {"a/link/": "link to a folder that is listed elsewhere"}


def test_a_class_folder_that_is_a_link_to_another_class_is_named(tree):
    source = tree("b/1.png", "c/1.png")
    (source / "a").symlink_to("b")
    assert labels(source) == {"b/1.png": "b", "c/1.png": "c"}
    assert reasons(source) == {"a/": "link to a folder that is listed elsewhere"}


@pytest.fixture
def forbid(monkeypatch):
    """A function that makes a folder unlistable (permissions do not bind the root user)."""

    def forbid(folder):
        scandir = os.scandir

        def refuse(path):
            if os.fspath(path) == os.fspath(folder):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return forbid


@pytest.mark.parametrize(
    ("folder", "label_name", "layout"), [("b", "b", "auto"), ("train/b", "b", "auto"), ("a/deep", "a", "classes")]
)
def test_a_folder_that_cannot_be_listed_counts_as_a_file_of_its_class(tree, forbid, folder, label_name, layout):
    source = tree("train/a/1.png" if "train" in folder else "a/1.png", f"{folder}/1.png")
    forbid(source / folder)
    assert labels(source, layout)[f"{folder}/"] == label_name


def test_a_source_that_cannot_be_listed_is_refused(tree, forbid):
    source = tree("a/1.png")
    forbid(source)
    with pytest.raises(UserError, match="cannot be listed; you lack the permission"):
        find_files(source)


def test_a_missing_source_a_file_and_an_empty_folder_are_refused(tree):
    source = tree("a/", "file.png")
    with pytest.raises(UserError, match=r"data\.source: .*nowhere is not there; give the folder"):
        find_files(source / "nowhere")
    with pytest.raises(UserError, match=r"file\.png is a file, not a folder"):
        find_files(source / "file.png")
    with pytest.raises(UserError, match="a holds no files; put one sub-folder per class into it"):
        find_files(source / "a")


def test_who_waits_for_millions_of_files_is_told_how_far_it_is(tree, monkeypatch):
    monkeypatch.setattr(progress, "BETWEEN_TELLINGS", 2)
    source, told = tree("a/1.png", "a/2.png", "b/3.png", "b/4.png", "b/5.png"), []
    found = find_files(source, progress=lambda *words: told.append(words))
    assert len(found) == 5
    assert told == [("listing", 2, 0), ("listing", 4, 0), ("sorting", 2, 5), ("sorting", 4, 5)]


def test_a_file_of_many_takes_little_more_than_its_name(tree, monkeypatch):
    names = [f"class {number % 3}/{number:07}.jpg" for number in range(4_000)]
    monkeypatch.setattr(class_folders, "walk_files", lambda _: iter(names))
    source = tree("class 0/")
    find_files(source)  # whatever is imported
    tracemalloc.start()
    found = find_files(source)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 4_000
    assert taken < 4_000 * (len(names[0]) + 20)
