"""The folder in which a data set is made: what it may replace, who works in it, what an interruption leaves."""

import errno

import pytest

from tests.data.trees import prepare
from vitrine.data.prepare.working_folder import check_place, is_at_work, is_full, unpacking_folder, working_folder
from vitrine.data.sources.places import SourceLostError
from vitrine.errors import UserError


def test_only_an_older_data_set_an_empty_folder_or_nothing_makes_way(make_class_folders, tmp_path):
    prepared = prepare(make_class_folders({"cat": 5, "dog": 5}))
    source = tmp_path / "pictures"
    (tmp_path / "empty").mkdir()
    for place in (prepared.folder, tmp_path / "empty", tmp_path / "new" / "deep"):
        check_place(place, source)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").touch()
    for place in (tmp_path / "thesis", tmp_path / "thesis" / "chapter.txt"):
        with pytest.raises(UserError, match="is there already, is not a prepared data set, and is not overwritten"):
            check_place(place, source)


def test_a_name_that_the_datasets_library_would_misread_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"has '::' in its name; choose a folder without"):
        check_place(tmp_path / "a::b" / "x", tmp_path / "pictures")


def test_nothing_is_written_into_the_source_or_around_it(make_class_folders, tmp_path):
    source = make_class_folders({"cat": 1})
    (tmp_path / "link").symlink_to(source)
    for place in (source, source / "cat", source / "prepared" / "x", tmp_path, tmp_path / "link" / "x"):
        with pytest.raises(UserError, match="lie within each other, and the source is never changed"):
            check_place(place, source)


def test_others_are_told_whether_a_data_set_is_prepared_just_now(tmp_path):
    final = tmp_path / "final"
    assert not is_at_work(final)
    with working_folder(final):
        assert is_at_work(final)
        assert not is_at_work(tmp_path / "other")
    assert not is_at_work(final)
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_two_preparations_of_one_data_set_at_once_are_refused(tmp_path):
    with working_folder(tmp_path / "final") as folder:
        (folder / "x").touch()
        with (
            pytest.raises(UserError, match=r"another process is preparing .*final just now"),
            working_folder(tmp_path / "final"),
        ):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_folder_takes_its_name_when_all_is_done(tmp_path):
    final = tmp_path / "deep" / "final"
    with working_folder(final) as folder:
        (folder / "x").touch()
        assert not final.exists()
        assert folder.name == ".final.unfinished"
    assert names_in(final) == ["x"]
    assert names_in(final.parent) == ["final"]


@pytest.mark.parametrize("error", [OSError("full"), UserError("recipe"), ValueError("ours"), KeyboardInterrupt()])
@pytest.mark.parametrize("work", ["manifest.parquet", "unpacked/fetched/1.tar"])
def test_whatever_ends_a_preparation_loses_no_work_and_leaves_nothing_else(tmp_path, error, work):
    def end(*files):
        with working_folder(tmp_path / "final") as folder:
            for file in files:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).touch()
            raise error

    with pytest.raises(type(error)):
        end("unfinished.json")
    assert names_in(tmp_path) == []
    with pytest.raises(type(error)):
        end(work)
    assert names_in(tmp_path) == [".final.unfinished"]
    with working_folder(tmp_path / "final") as folder:
        assert (folder / work).exists(), "what was done is there again"
    assert names_in(tmp_path) == ["final"]


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "no room"), True),
        (OSError(errno.EDQUOT, "your share is used up"), True),
        (OSError(errno.EACCES, "not allowed"), False),
        (ValueError("no room"), False),
    ],
)
def test_a_full_disk_and_a_used_up_share_are_told_from_other_errors(error, full):
    assert is_full(error) is full


@pytest.mark.parametrize(
    ("error", "is_scanned", "left"),
    [
        (None, True, []),
        (UserError, False, []),  # it may be what could not be read
        (UserError, True, ["fetched"]),
        (OSError, False, ["fetched"]),
        (KeyboardInterrupt, False, ["fetched"]),
        (SourceLostError, False, ["fetched"]),
    ],
)
def test_what_was_fetched_stays_where_the_next_call_needs_it(tmp_path, error, is_scanned, left):
    def work():
        with unpacking_folder(tmp_path) as folder:
            assert names_in(folder) == []
            for name in ("fetched", "opened"):
                (folder / name).mkdir()
            if is_scanned:
                (tmp_path / "manifest.parquet").touch()
            if error:
                raise error

    if error:
        with pytest.raises(error):
            work()
    else:
        work()
    workspace = tmp_path / "unpacked"
    assert (names_in(workspace) if workspace.exists() else []) == left
