"""One entry point: whatever the source is, every file of it is listed once."""

import shutil
import sys
import types
from pathlib import Path

import pytest

from tests.data.sources.hub_sets import encode, save_parquet
from tests.data.sources.small_archives import reasons, tar_bytes, used, zip_bytes
from tests.data.sources.stores import fill
from vitrine.config.data import ColumnsSection, DataSection
from vitrine.data.sources.class_folders import find_files
from vitrine.data.sources.files import FoundFile
from vitrine.data.sources.source import find_kind, open_source
from vitrine.errors import UserError

FILES = ("cat/1.png", "cat/2.png", "dog/1.png")


def opened(source, workspace, **changes):
    return open_source(DataSection(source=str(source), **changes), workspace)


def test_a_folder_is_listed_as_find_files_lists_it(tree, workspace):
    source = opened(tree(*FILES, ".hidden"), workspace)
    assert source.kind == "folder"
    assert list(source.files) == list(find_files(tree()))
    assert not list(workspace.iterdir())


@pytest.mark.parametrize("top", ["", "pets/"])
def test_an_archive_is_its_folder_with_or_without_a_folder_around_it(zipped, workspace, top):
    source = opened(zipped(*(f"{top}{file}" for file in FILES), f"{top}notes.txt"), workspace)
    assert source.kind == "archive"
    assert used(source.files) == {file: (file.split("/")[0], "") for file in FILES}
    assert reasons(source.files) == {"notes.txt": "not a picture (.txt)"}
    assert all(Path(file.path).read_text() == "content" for file in source.files)


def test_splits_in_an_archive_are_splits(zipped, workspace):
    source = opened(zipped("pets/train/cat/1.png", "pets/train/dog/1.png", "pets/test/cat/1.png"), workspace)
    assert used(source.files)["test/cat/1.png"] == ("cat", "test")


def test_an_archive_of_one_split_keeps_it_where_the_recipe_says_so(zipped, tmp_path, workspace):
    archive = zipped(*(f"train/{file}" for file in FILES))
    assert used(opened(archive, workspace, layout="splits").files)["train/cat/1.png"] == ("cat", "train")
    (tmp_path / "second").mkdir()
    assert used(opened(archive, tmp_path / "second").files)["cat/1.png"] == ("cat", "")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_everything_in_an_archive_is_listed_once(zipped, workspace):
    names = [*(f"pets/{file}" for file in FILES), "__MACOSX/pets/._1.png", ".DS_Store", "../evil.png", "../evil.png"]
    names += ["pets/cat/1.png", "/cat/1.png", "cat/1.png"]
    source = opened(zipped(*names[:-1]), workspace)
    assert len(source.files) == len(names) - 1
    assert len({file.file for file in source.files}) == len(source.files)
    assert set(used(source.files)) == set(FILES)
    assert reasons(source.files) == {
        "__MACOSX/pets/._1.png": "hidden file",
        ".DS_Store": "hidden file",
        "../evil.png": "its path leads out of the archive",
        "../evil.png (2)": "its path leads out of the archive",
        "pets/cat/1.png": "the archive has another entry of this name",
        "/cat/1.png": "its path leads out of the archive",
    }


def test_an_archive_without_files_is_named_and_not_the_workspace(zipped, workspace):
    with pytest.raises(UserError, match=r"data\.source: .*pets\.zip holds no files"):
        opened(zipped(), workspace)


def test_a_table_is_read_with_the_parameters_of_the_recipe(tree, workspace):
    folder = tree("table.csv", "pictures/1.png", "pictures/2.png")
    (folder / "table.csv").write_text("p;kind\n1.png;cat\n2.png;dog\n")
    source = opened(
        folder / "table.csv",
        workspace,
        columns=ColumnsSection(image="p", label="kind"),
        separator=";",
        image_folder="pictures",
    )
    assert source.kind == "table"
    assert used(source.files) == {"1.png": ("cat", ""), "2.png": ("dog", "")}


def test_the_digits_are_listed_where_they_were_written(digits, workspace, monkeypatch):
    monkeypatch.chdir(digits.parent.parent)
    source = opened("builtin:digits", workspace)
    assert (source.kind, len(source.files)) == ("digits", 1797)


@pytest.mark.parametrize("kind", ["hub", "data set"])
def test_data_sets_are_left_to_their_module(tree, workspace, monkeypatch, kind):
    source = "hub:owner/name" if kind == "hub" else str(tree("state.json", "data.arrow"))
    asked = []

    def find_dataset_files(source, data, place):
        asked.append((source, data.source, place))
        return [FoundFile(place / "1.png", "1.png", "cat", "train", "")]

    module = types.SimpleNamespace(find_dataset_files=find_dataset_files)
    monkeypatch.setitem(sys.modules, "vitrine.data.sources.hub_dataset", module)
    result = opened(source, workspace)
    assert (result.kind, used(result.files)) == (kind, {"1.png": ("cat", "train")})
    assert asked == [(source, source, workspace)]


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (("dataset_dict.json", "train/x.arrow"), "data set"),
        (("dataset_info.json", "data.arrow"), "data set"),
        (("README.md", ".gitattributes", "data/train-0.parquet", "data/test-0.parquet"), "data set"),
        (("README.md",), "folder"),
        (("dataset_info.json", "cat/1.png"), "folder"),
        (("labels.parquet", "cat/1.png"), "folder"),
        (FILES, "folder"),
    ],
)
def test_a_local_data_set_is_told_from_a_folder_of_pictures(tree, files, kind):
    assert find_kind(str(tree(*files))) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.zip", "archive"), ("a.TAR.GZ", "archive"), ("a.tgz", "archive"), ("a.CSV", "table"), ("a.jsonl", "table")],
)
def test_files_are_told_by_their_extension(tree, name, kind):
    assert find_kind(str(tree(name) / name)) == kind


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("sorce", r"data\.source: sorce: it is not there; did you mean source\?"),
        ("source/cot", r"did you mean source/cat\?"),
        ("source/x/y/z", r"source/x/y/z: it is not there; .*source holds a\.gz, a\.xlsx, cat, dog, photo\.png\."),
        ("owner/name", r"holds source, workspace\. For a data set of the Hugging Face Hub write hub:owner/name"),
        ("source/photo.png/x", r"source/photo\.png is a file, not a folder"),
        ("source/photo.png", r"photo\.png is a file, not a .*; give a folder, an archive \(\.zip.*table \(\.csv"),
        ("source/a.xlsx", "save the table as CSV"),
        ("source/a.gz", "unpack it and give the folder"),
        ("builtin:digit", r"builtin:digit is not known; did you mean builtin:digits\?"),
        ("ftps://example.org/pets.zip", "addresses that begin with ftps:// are not known"),
    ],
)  # fmt: skip
def test_what_is_not_there_or_no_source_is_named_with_what_was_meant(
    tree, tmp_path, workspace, monkeypatch, source, message
):
    tree(*FILES, "photo.png", "a.xlsx", "a.gz")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=message):
        opened(source, workspace)


def test_a_folder_with_a_table_and_no_classes_leads_to_the_table(tree, workspace):
    source = tree("labels.csv", "Images/1.png", "Images/2.png")
    with pytest.raises(UserError, match=r"not hold two class folders .* give it: data\.source=.*source/labels\.csv"):
        opened(source, workspace)


def advised(refusal):
    """What the advice in a message says that data.source is."""
    return str(refusal.value).rpartition("data.source=")[2]


@pytest.mark.parametrize("top", ["", "shop/", "download/shop/"])
def test_an_archive_with_a_table_leads_to_the_table_in_what_is_unpacked(zipped, tmp_path, workspace, top):
    archive = zipped(f"{top}labels.csv", f"{top}images/1.png", f"{top}images/2.png")
    with pytest.raises(
        UserError, match=r"pets\.zip does not hold two class folders .* unpack pets\.zip and give it"
    ) as no:
        opened(archive, workspace)
    shutil.unpack_archive(archive, tmp_path / "FOLDER")
    table = tmp_path / advised(no)
    table.write_text("image,label\nimages/1.png,cat\nimages/2.png,dog\n")
    (tmp_path / "second").mkdir()
    assert used(opened(table, tmp_path / "second").files) == {"images/1.png": ("cat", ""), "images/2.png": ("dog", "")}


def test_a_table_deeper_in_a_folder_is_found_and_named(tree, workspace):
    source = tree("shop/labels.csv", "shop/images/1.png", "shop/images/2.png")
    with pytest.raises(UserError, match="if a table in it names the classes") as no:
        opened(source, workspace)
    assert advised(no) == str(source / "shop/labels.csv")


@pytest.mark.parametrize("table", ["labels.csv", "pets/labels.csv"])
def test_class_folders_beside_a_table_are_named_too(tree, workspace, table):
    source = tree(table, *(f"pets/{file}" for file in FILES))
    with pytest.raises(UserError, match=r"if the folders in 'pets' are the classes, give data\.source=") as no:
        opened(source, workspace)
    assert {label for label, _ in used(opened(advised(no), workspace).files).values()} == {"cat", "dog"}


def test_a_table_beside_folders_that_may_be_splits_is_named(tree, workspace):
    source = tree("train.csv", "train/1.png", "test/2.png")
    with pytest.raises(UserError, match=r"may be splits or classes.* If the table train\.csv names the classes") as no:
        opened(source, workspace)
    (source / "train.csv").write_text("image,label\n1.png,cat\n")
    assert advised(no) == str(source / "train.csv")


def test_a_data_set_in_an_archive_is_named_and_read_once_unpacked(zipped, tmp_path, workspace):
    archive = zipped("birds/README.md", "birds/data/train-0.parquet")
    with pytest.raises(UserError, match="holds a data set of Parquet or Arrow files; unpack it and give the folder"):
        opened(archive, workspace)
    shutil.unpack_archive(archive, tmp_path / "unpacked")
    assert find_kind(str(tmp_path / "unpacked")) == "data set"


@pytest.mark.parametrize("around", ["archive/dataset/", "a/b/c/"])
def test_an_archive_that_is_wrapped_several_times_is_looked_through(zipped, workspace, around):
    archive = zipped(*(f"{around}{split}/{file}" for split in ("train", "test") for file in FILES))
    found = used(opened(archive, workspace).files)
    assert {label for label, _ in found.values()} == {"cat", "dog"}
    assert {split for _, split in found.values()} == {"train", "test"}


def test_pictures_at_an_address_are_listed_as_those_of_a_folder(workspace):
    address = fill({f"train/{file}": b"" for file in FILES} | {"test/cat/3.png": b"", "test/notes.txt": b""})
    assert find_kind(address) == "address"
    found = opened(address, workspace)
    assert used(found.files) == {f"train/{file}": (file[:3], "train") for file in FILES} | {
        "test/cat/3.png": ("cat", "test")
    }
    assert reasons(found.files) == {"test/notes.txt": "not a picture (.txt)"}


def test_an_archive_at_an_address_is_fetched(workspace):
    address = fill({"pets.zip": zip_bytes(*FILES)}) + "/pets.zip"
    assert set(used(opened(address, workspace).files)) == set(FILES)
    assert (workspace / "fetched/pets.zip").exists()


def test_tar_shards_at_an_address_are_fetched(workspace):
    address = fill({"cat.tar": tar_bytes("1.png"), "dog.tar": tar_bytes("1.png"), "README.md": b""})
    found = opened(address, workspace)
    assert used(found.files) == {"cat.tar/1.png": ("cat", ""), "dog.tar/1.png": ("dog", "")}


def test_parquet_files_of_pictures_at_an_address_are_fetched(tmp_path, workspace):
    copy = save_parquet(save_parquet(tmp_path / "copy"), "data/test-00000-of-00001.parquet")
    files = {path.relative_to(copy).as_posix(): path.read_bytes() for path in copy.rglob("*.parquet")}
    found = opened(fill(files | {"README.md": b""}), workspace).files
    labels = [(split, label) for split in ("test", "train") for label in ("cat", "dog", "cat")]
    assert [(file.split, file.label_name) for file in found] == labels
    assert {Path(file.path).read_bytes() for file in found} == {encode(0), encode(1, "jpg"), encode(2, "webp")}


def test_one_parquet_file_at_an_address_is_a_data_set(tmp_path, workspace):
    copy = save_parquet(tmp_path / "copy")
    (file,) = copy.rglob("*.parquet")
    address = fill({"train.parquet": file.read_bytes(), "other.parquet": b"not asked for"})
    found = opened(f"{address}/train.parquet", workspace).files
    assert [file.label_name for file in found] == ["cat", "dog", "cat"]


def test_a_table_at_an_address_is_no_source(workspace):
    fill({"list.csv": b"image,label"})
    with pytest.raises(
        UserError, match=r"memory://bucket/list\.csv is a table; fetch it and its pictures, and give the"
    ):
        opened("memory://bucket/list.csv", workspace)


def test_a_folder_of_tar_shards_is_read_where_it_lies(tree, workspace):
    folder = tree("cat.tar", "dog.tar")
    for name in ("cat", "dog"):
        (folder / f"{name}.tar").write_bytes(tar_bytes("1.png"))
    assert find_kind(str(folder)) == "shards"
    assert used(opened(folder, workspace).files) == {"cat.tar/1.png": ("cat", ""), "dog.tar/1.png": ("dog", "")}
    assert list(workspace.iterdir()) == []
