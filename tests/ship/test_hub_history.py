"""What all the world would see of a repository's past."""

import hashlib
from types import SimpleNamespace

import pytest
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.hf_api import RepoFile, RepoFolder

from tests.factories import fault_of
from vitrine.ship.hub_history import check_history

PICTURES = {"examples/0.png": b"a dog", "examples/1.png": b"a cat"}


def git_id(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def stored(path, content, is_large):
    lfs = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    pointer = {"lfs": lfs, "oid": "0" * 40} if is_large else {"oid": git_id(content)}
    return RepoFile(path=path, size=len(content), **pointer)


class Api:
    """A repository of commits, by their ids; "tagged" is on no branch any more."""

    def __init__(self, **commits):
        self.commits = commits

    def list_repo_commits(self, _, repo_type):
        return [SimpleNamespace(commit_id=one) for one in self.commits if one != "tagged"]

    def list_repo_refs(self, _, repo_type):
        return SimpleNamespace(tags=[SimpleNamespace(target_commit=one) for one in self.commits if one == "tagged"])

    def list_repo_tree(self, _, folder, recursive, revision, repo_type):
        assert (folder, recursive) == ("examples", True)
        entries = self.commits[revision]
        if not entries:
            raise EntryNotFoundError("there is no such folder")
        return [RepoFolder(path="examples/deeper", oid="0" * 40), *entries]


@pytest.fixture
def files(tmp_path):
    for number, content in enumerate([*PICTURES.values(), b"weights"]):
        (tmp_path / str(number)).write_bytes(content)
    return dict(zip([*PICTURES, "model.onnx"], sorted(tmp_path.iterdir()), strict=True))


@pytest.mark.parametrize("is_large", [False, True])
def test_pictures_that_are_published_now_may_have_been_there_before(files, is_large):
    entries = [stored(f"examples/old/{path[-5:]}", content, is_large) for path, content in PICTURES.items()]
    check_history(Api(first=[], second=entries), "ann/dogs", files, "model")


@pytest.mark.parametrize("where", ["first", "tagged"])
@pytest.mark.parametrize("is_large", [False, True])
def test_another_picture_of_any_revision_is_not_opened(files, where, is_large):
    api = Api(**{"second": [], where: [stored("examples/0.png", b"a child", is_large)]})
    said = fault_of(check_history, api, "ann/dogs", files, "model")
    assert "ann/dogs is private, and earlier revisions of it hold a picture that would" in said


def test_the_same_picture_counts_once_and_other_files_are_no_consent(files):
    entries = [stored(f"examples/{number}.png", b"weights", False) for number in range(3)]
    assert "hold a picture that" in fault_of(check_history, Api(first=entries), "ann/dogs", files, "model")
