"""Pictures to be classified: whatever their source is, each is listed once, without a label."""

import tarfile
from pathlib import Path

import pytest

from tests.data.sources.hub_sets import make_dataset, save_parquet
from tests.data.sources.small_archives import reasons, tar_bytes, used, zip_bytes
from tests.data.sources.stores import fill
from tests.factories import fault_of
from vitrine.config.data import DataSection
from vitrine.data import progress
from vitrine.data.sources.source import open_source
from vitrine.data.sources.unlabeled_source import find_unlabeled
from vitrine.errors import UserError


def test_unlabeled_folders_archives_tables_and_files_follow_the_same_rules(tree, tmp_path, zipped, workspace):
    folder = tree("1.png", "deep/er/2.png", ".hidden/3.png", "notes.txt")
    archive = zipped("../evil.png", "a/1.png", "__MACOSX/x")
    with tarfile.open(tmp_path / "more.tar", "w") as tar:
        tar.add(folder / "1.png", "1.png")
    (tmp_path / "list.csv").write_text("path\nsource/1.png\ngone.png\n")
    found = find_unlabeled([folder, archive, tmp_path / "more.tar", folder / "notes.txt"], workspace)
    assert {file.file.removeprefix(f"{tmp_path}/"): file.left_out for file in found} == {
        "source/1.png": "",
        "source/deep/er/2.png": "",
        "source/.hidden/3.png": "hidden file",
        "source/notes.txt": "",  # the second time it is named itself, and opened
        "pets.zip/../evil.png": "its path leads out of the archive",
        "pets.zip/a/1.png": "",
        "pets.zip/__MACOSX/x": "hidden file",
        "more.tar/1.png": "",
    }
    assert [file.left_out for file in found if file.file.endswith("notes.txt")] == ["not a picture (.txt)", ""]
    assert all(Path(file.path).exists() for file in found)
    listed = used(find_unlabeled([tmp_path / "list.csv"], workspace))
    assert set(listed) == {str(tmp_path / "source/1.png"), str(tmp_path / "gone.png")}


def test_of_a_table_only_its_rows_are_answered_and_its_paths_may_be_whole(tree, tmp_path, workspace):
    folder = tree("a/1.png", "a/2.png", "b/3.png")
    (tmp_path / "elsewhere").mkdir()
    table = tmp_path / "elsewhere/list.csv"
    table.write_text(f"path\n{folder}/a/1.png\n{folder}/b/3.png\n{folder}/b/gone.png\n")
    found = {file.file: file.path for file in find_unlabeled([table], workspace)}
    assert list(found) == [f"{folder}/a/1.png", f"{folder}/b/3.png", f"{folder}/b/gone.png"]
    assert Path(found[f"{folder}/a/1.png"]) == folder / "a/1.png"
    (folder / "list.csv").write_text("path\na/1.png\n")
    assert [file.file for file in find_unlabeled([folder / "list.csv"], workspace)] == [f"{folder}/a/1.png"]


def test_who_waits_for_millions_of_unlabeled_files_is_told_how_far_it_is(tree, workspace, monkeypatch):
    monkeypatch.setattr(progress, "BETWEEN_TELLINGS", 2)
    told = []
    find_unlabeled([tree("a/1.png", "2.png", "3.png")], workspace, lambda *words: told.append(words))
    assert told == [("listing", 2, 0), ("sorting", 2, 3)]


def test_an_unlabeled_path_that_is_not_there_is_named(tree, workspace):
    with pytest.raises(UserError, match=r"nowhere\.jpg: there is no such file or folder"):
        find_unlabeled([tree("1.png") / "nowhere.jpg"], workspace)


def test_pictures_in_parquet_files_are_found_without_their_labels(tmp_path, workspace):
    copy = save_parquet(save_parquet(tmp_path / "copy"), "data/test-00000-of-00001.parquet")
    found = find_unlabeled([copy, copy], workspace)  # named twice, meant once
    labeled = open_source(DataSection(source=str(copy)), tmp_path / "labeled").files
    assert len(found) == len(labeled) > 0
    assert {(file.label_name, file.split, file.left_out) for file in found} == {("", "", "")}
    assert all(file.file.startswith(f"{copy}/") and Path(file.path).is_file() for file in found)


def test_an_address_of_a_file_is_its_path(tree, workspace):
    folder = tree("1.png", "2.png")
    for address in (f"file://{folder}", f"file:{folder}"):
        assert used(find_unlabeled([Path(address)], workspace)) == used(find_unlabeled([folder], workspace))
        assert DataSection(source=address).source == str(folder)


def test_unlabeled_pictures_of_shards_and_addresses(tree, workspace):
    folder = tree("a.tar")
    (folder / "a.tar").write_bytes(tar_bytes("1.png"))
    address = fill({"1.png": b"", "a.txt": b""})
    found = find_unlabeled([folder, Path(address)], workspace)
    assert list(used(found)) == [f"{folder}/a.tar/1.png", "memory://bucket/1.png"]
    assert reasons(found) == {"memory://bucket/a.txt": "not a picture (.txt)"}


@pytest.mark.parametrize(
    ("name", "content", "listed"),
    [
        ("pets.zip", zip_bytes("1.png"), "memory://bucket/pets.zip/1.png"),
        ("a.tar", tar_bytes("1.png"), "memory://bucket/a.tar/1.png"),
    ],
)
def test_unlabeled_archives_at_an_address(workspace, name, content, listed):
    address = Path(f"{fill({name: content})}/{name}")
    assert list(used(find_unlabeled([address], workspace))) == [listed]


def test_one_picture_at_an_address_is_answered_alone(workspace):
    address = fill({"1.png": b"", "2.png": b""})
    assert list(used(find_unlabeled([Path(f"{address}/2.png")], workspace))) == ["memory://bucket/2.png"]


def test_a_table_at_an_address_alone_is_no_pictures(workspace):
    address = fill({"list.csv": b"image"})
    with pytest.raises(UserError, match=r"^memory://bucket/list\.csv is a table; fetch it and its pictures"):
        find_unlabeled([Path(f"{address}/list.csv")], workspace)


def test_one_parquet_file_at_an_address_is_a_data_set(tmp_path, workspace):
    (file,) = save_parquet(tmp_path / "copy").rglob("*.parquet")
    address = fill({"train.parquet": file.read_bytes()})
    found = find_unlabeled([Path(f"{address}/train.parquet")], workspace)
    assert len(used(found)) == 3


@pytest.mark.parametrize("at_an_address", [False, True])
def test_parquet_files_without_any_label_are_as_good(tmp_path, workspace, at_an_address):
    copy = save_parquet(tmp_path / "copy", dataset=make_dataset().remove_columns("label"))
    files = {path.relative_to(copy).as_posix(): path.read_bytes() for path in copy.rglob("*.parquet")}
    place = fill(files) if at_an_address else copy
    found = find_unlabeled([Path(place)], workspace)
    assert [file.left_out for file in found] == ["", "", ""]
    assert all(file.file.startswith(f"{place}/train/") for file in found)
    assert all(Path(file.path).is_file() for file in found)


def test_what_has_no_recipe_is_not_told_of_parameters(tree, tmp_path, workspace):
    (tmp_path / "rows.csv").write_text("shot,number\na.png,1\n", "utf-8")
    message = fault_of(find_unlabeled, [tmp_path / "rows.csv"], workspace)
    assert "call it 'image', and no other one so. Its columns are 'shot', 'number'" in message
    (tmp_path / "rows.csv").write_text("image\nabsent.png\n", "utf-8")
    lost = fault_of(find_unlabeled, [tmp_path / "rows.csv"], workspace)
    assert "the paths in the table must be whole, or start from its folder" in lost
    assert "data." not in message + lost


def test_a_cut_file_at_an_address_is_named_by_it(workspace):
    address = fill({"train.parquet": b"PAR1" + bytes(100)})
    message = fault_of(find_unlabeled, [Path(address)], workspace)
    assert message.startswith("memory://bucket is not a data set that can be read")
    assert "'train.parquet': damaged or not whole" in message
    assert str(workspace) not in message
