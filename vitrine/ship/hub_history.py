"""The past of a repository on the Hub: whoever may see it sees every revision."""

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.errors import EntryNotFoundError
from huggingface_hub.hf_api import RepoFile

from vitrine.errors import UserError

EXAMPLES = "examples/"  # where repositories of Vitrine keep pictures


def check_history(api: HfApi, repo_id: str, files: Mapping[str, Path], repo_type: str) -> None:
    """Makes sure that a private repository brings no pictures of its past along when all the world may see it.

    Args:
        api: with the user's token.
        repo_id: of the repository.
        files: that are published now, by path in the repository.
        repo_type: model or space.

    Raises:
        UserError: earlier revisions hold pictures that are not published now.
    """
    own = {digest for name, file in files.items() if name.startswith(EXAMPLES) for digest in _digests(file)}
    commits = {one.commit_id for one in api.list_repo_commits(repo_id, repo_type=repo_type)}
    commits |= {tag.target_commit for tag in api.list_repo_refs(repo_id, repo_type=repo_type).tags}
    older: set[str] = set()
    for commit in commits:
        with suppress(EntryNotFoundError):
            for entry in api.list_repo_tree(
                repo_id, EXAMPLES.rstrip("/"), recursive=True, revision=commit, repo_type=repo_type
            ):
                if isinstance(entry, RepoFile):
                    older.add(entry.lfs.sha256 if entry.lfs else entry.blob_id)
    if older - own:
        pictures = len(older - own)
        held = "a picture" if pictures == 1 else f"{pictures} pictures"
        raise UserError(
            f"{repo_id} is private, and earlier revisions of it hold {held} that would become public with it, "
            "since all the world sees every revision: choose another name for what is public"
        )


def _digests(file: Path) -> tuple[str, str]:
    """By which the Hub knows a file: that of large-file storage, and Git's own."""
    content = file.read_bytes()
    of_git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return hashlib.sha256(content).hexdigest(), of_git.hexdigest()
