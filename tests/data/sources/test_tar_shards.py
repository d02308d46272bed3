"""Tar archives of samples: every picture is listed once, with what stands beside it, and is read where it lies."""

import io
import json
import tarfile

import pytest

from tests.factories import fault_of
from vitrine.config.data import ColumnsSection
from vitrine.data.sources.files import walk_files
from vitrine.data.sources.tar_shards import are_shards, find_shard_files, list_shard_pictures
from vitrine.errors import UserError
from vitrine.ui.stored import translate
from vitrine.ui.texts import load_texts

PLAIN = ColumnsSection()


@pytest.fixture
def shard(tmp_path):
    """A function that writes an archive below `set`; contents that are no bytes are written as JSON or text."""

    def write(name, entries, mode="w"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(path, mode) as tar:
            for entry, content in entries.items():
                text = json.dumps(content) if isinstance(content, dict) else str(content)
                data = content if isinstance(content, bytes) else text.encode()
                info = tarfile.TarInfo(entry)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        return path.parents[name.count("/")]

    return write


def used(found):
    return {file.file: (file.label_name, file.split) for file in found if not file.left_out}


def reasons(found):
    return {file.file: file.left_out for file in found if file.left_out}


def test_the_class_stands_beside_the_picture(shard):
    shard("a-0.tar", {"0.jpg": b"one", "0.cls": "cat", "1.png": b"two", "1.cls": "dog\n"})
    folder = shard("a-1.tar", {"2.jpg": b"three", "2.cls": "cat"})
    found = find_shard_files(folder, PLAIN)
    assert used(found) == {"a-0.tar/0.jpg": ("cat", ""), "a-0.tar/1.png": ("dog", ""), "a-1.tar/2.jpg": ("cat", "")}
    assert [file.path.open("rb").read() for file in found] == [b"one", b"two", b"three"]
    assert reasons(found) == {}


def test_fields_of_the_json_say_class_group_and_split(shard):
    shard("a.tar", {"0.jpg": b"", "0.json": {"label": 3.0, "group": "Eva", "split": "val"}})
    folder = shard("b.tar", {"1.jpg": b"", "1.json": {"label": 4, "group": None, "split": ""}})
    found = find_shard_files(folder, PLAIN)
    assert used(found) == {"a.tar/0.jpg": ("3", "validation"), "b.tar/1.jpg": ("4", "")}
    assert [file.group for file in found] == ["Eva", ""]


def test_an_unknown_split_is_no_picture_for_training(shard):
    folder = shard("a.tar", {"0.jpg": b"", "0.json": {"label": 3, "split": "holdout"}})
    message = fault_of(find_shard_files, folder, PLAIN)
    assert "the sample a.tar/0.jpg says 'holdout'; splits are train, " in message


@pytest.mark.parametrize(("wanted", "label"), [(None, "1"), ("cls", "1"), ("breed", "pug"), ("txt", "a pug")])
def test_the_recipe_says_which_field_is_the_class(shard, wanted, label):
    folder = shard("a.tar", {"0.jpg": b"", "0.cls": "1", "0.json": {"breed": "pug"}, "0.txt": "a pug"})
    assert used(find_shard_files(folder, ColumnsSection(label=wanted))) == {"a.tar/0.jpg": (label, "")}


def test_a_field_that_is_not_there_is_a_mistake(shard):
    folder = shard("a.tar", {"0.jpg": b"", "0.json": {"breed": "pug"}})
    with pytest.raises(UserError, match=r"data\.columns\.label: no 'bred' in the archives of .*did you mean 'breed'"):
        find_shard_files(folder, ColumnsSection(label="bred"))


def test_the_names_of_archives_say_the_split(shard):
    shard("train-000.tar", {"0.jpg": b"", "0.cls": "a"})
    shard("val-000.tar", {"0.jpg": b"", "0.cls": "a"})
    folder = shard("more/test.tar", {"0.jpg": b"", "0.cls": "a"})
    assert {file.file: file.split for file in find_shard_files(folder, PLAIN)} == {
        "train-000.tar/0.jpg": "train",
        "val-000.tar/0.jpg": "validation",
        "more/test.tar/0.jpg": "test",
    }


def test_one_split_alone_is_divided(shard):
    folder = shard("train-000.tar", {"0.jpg": b"", "0.cls": "a"})
    assert used(find_shard_files(folder, PLAIN)) == {"train-000.tar/0.jpg": ("a", "")}


def test_without_words_folders_are_classes(shard):
    shard("a.tar", {"cat/0.jpg": b"", "cat/0.v2.jpg": b"", "cat/info.db": b""})
    folder = shard("b.tar", {"dog/1.jpg": b""})
    found = find_shard_files(folder, PLAIN)
    assert used(found) == {
        "a.tar/cat/0.jpg": ("cat", ""),
        "a.tar/cat/0.v2.jpg": ("cat", ""),
        "b.tar/dog/1.jpg": ("dog", ""),
    }
    assert reasons(found) == {"a.tar/cat/info.db": "not a picture (.db)"}


def test_without_words_and_folders_each_archive_is_a_class(shard):
    shard("cat.tar", {"0.jpg": b""})
    folder = shard("dog.tar", {"0.jpg": b"", "1.jpg": b""})
    assert used(find_shard_files(folder, PLAIN)) == {
        "cat.tar/0.jpg": ("cat", ""),
        "dog.tar/0.jpg": ("dog", ""),
        "dog.tar/1.jpg": ("dog", ""),
    }


def test_archives_called_as_splits_are_no_classes(shard):
    shard("train-000.tar", {"0.jpg": b""})
    folder = shard("train-001.tar", {"1.jpg": b""})
    assert "the archives are called as splits; put labels in" in fault_of(find_shard_files, folder, PLAIN)


def test_of_several_pictures_one_is_used(shard):
    folder = shard("a.tar", {"0.left.jpg": b"", "0.right.jpg": b"", "0.cls": "a"})
    assert list(used(find_shard_files(folder, PLAIN))) == ["a.tar/0.left.jpg"]
    found = find_shard_files(folder, ColumnsSection(image="right.jpg"))
    assert list(used(found)) == ["a.tar/0.right.jpg"]
    assert "second picture" in reasons(found)["a.tar/0.left.jpg"]


@pytest.mark.parametrize("wanted", ["png", ".png", "PNG", ".PNG"])
@pytest.mark.parametrize("entry", ["0.PNG", "0.png"])
def test_extensions_are_compared_in_small_letters_with_and_without_a_dot(shard, wanted, entry):
    folder = shard("a.tar", {"0.jpg": b"", entry: b"", "0.cls": "a"})
    assert list(used(find_shard_files(folder, ColumnsSection(image=wanted)))) == [f"a.tar/{entry}"]


def test_a_sample_without_a_picture_of_the_extension_says_so(shard):
    folder = shard("a.tar", {"0.jpg": b"", "0.tif": b"", "0.cls": "a", "1.png": b"", "1.cls": "a", "2.db": b""})
    found = find_shard_files(folder, ColumnsSection(image=".PNG"))
    assert list(used(found)) == ["a.tar/1.png"]
    told = "no picture of its sample ends in .png, which data.columns.image names"
    assert reasons(found) == {"a.tar/0.jpg": told, "a.tar/0.tif": told, "a.tar/2.db": "not a picture (.db)"}
    assert translate(told, load_texts("fr")).startswith("aucune image de son échantillon ne finit par .png")


def test_what_cannot_be_used_has_its_reason(shard):
    folder = shard(
        "a.tar",
        {
            **{"0.jpg": b"", "0.cls": "a"},
            **{"1.jpg": b"", "2.cls": "a", "3.jpg": b"", "3.json": b"{", "__MACOSX/4.jpg": b"", "3.cls": "b"},
        },
    )
    (folder / "README.md").touch()
    found = find_shard_files(folder, PLAIN)
    assert list(used(found)) == ["a.tar/0.jpg"]
    told = reasons(found)
    assert told.pop("a.tar/3.jpg").startswith("its .json cannot be read")
    assert told == {
        "README.md": "not a picture (.md)",
        "a.tar/1.jpg": "no label in the sample (cls)",
        "a.tar/2": "no picture in the sample",
        "a.tar/__MACOSX/4.jpg": "hidden file",
    }


def test_a_link_is_not_followed(shard, tmp_path):
    folder = shard("a.tar", {"0.jpg": b"", "0.cls": "a"})
    with tarfile.open(folder / "a.tar", "a") as tar:
        link = tarfile.TarInfo("1.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    found = find_shard_files(folder, PLAIN)
    assert list(used(found)) == ["a.tar/0.jpg"]
    assert reasons(found)["a.tar/1.jpg"] == "a link, which is not followed in an archive"


def test_what_stands_before_the_damage_is_used(shard):
    folder = shard("a.tar", {f"{number}.jpg": bytes(1000) for number in range(9)} | {"0.cls": "a", "1.cls": "a"})
    content = (folder / "a.tar").read_bytes()
    (folder / "b.tar").write_bytes(content[:4000])
    found = find_shard_files(folder, PLAIN)
    assert {file.file for file in found if not file.left_out} == {"a.tar/0.jpg", "a.tar/1.jpg"}
    assert reasons(found)["b.tar"].startswith("damaged or compressed after 3 samples (")


def test_a_compressed_archive_is_named(shard):
    shard("a.tar", {"cat/0.jpg": b""})
    folder = shard("b.tar", {"dog/0.jpg": b""}, "w:gz")
    assert reasons(find_shard_files(folder, PLAIN))["b.tar"].startswith("damaged or compressed after 0 samples (")


def test_pictures_without_labels(shard):
    folder = shard("train.tar", {"0.jpg": b"", "0.cls": "a", "1.jpg": b"", "2.db": b""})
    found = list(list_shard_pictures(folder, "given"))
    assert used(found) == {"given/train.tar/0.jpg": ("", ""), "given/train.tar/1.jpg": ("", "")}
    assert reasons(found) == {"given/train.tar/2.db": "not a picture (.db)"}


@pytest.mark.parametrize(
    ("beside", "expected"), [((), True), (("README.md", "labels.csv"), True), (("1.jpg",), False), ((".1.jpg",), True)]
)
def test_pictures_beside_archives_are_a_folder_of_pictures(shard, beside, expected):
    folder = shard("a.tar", {"0.jpg": b""})
    for name in beside:
        (folder / name).touch()
    assert are_shards(walk_files(folder)) is expected


def test_a_folder_without_archives_is_none(tmp_path):
    assert not are_shards(walk_files(tmp_path))
