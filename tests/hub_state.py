"""What the Hub double keeps: repositories, and the errors that it answers with."""

from dataclasses import dataclass, field
from typing import Any

START = "0" * 40  # commit of an empty repository


class HubError(Exception):
    """An answer other than success, as the Hub words it."""

    def __init__(self, status: int, code: str = "", message: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, code, message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


@dataclass
class Fault:
    """How a request goes wrong.

    Attributes:
        status: of the answer; 0 where it is answered all the same.
        times: how many requests; None: all.
        retry_after: seconds that the answer asks to wait.
        is_cut: whether the connection breaks in the middle of the answer.
        seconds: that the answer takes.
        message: of the answer.
    """

    status: int = 0
    times: int | None = None
    retry_after: int | None = None
    is_cut: bool = False
    seconds: float = 0.0
    message: str = "broken on purpose"


@dataclass
class Repo:
    """One repository: every commit is a whole tree {path: SHA-256 of the content}."""

    kind: str
    name: str
    private: bool = False
    gated: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    commits: dict[str, dict[str, str]] = field(default_factory=lambda: {START: {}})
    branches: dict[str, str] = field(default_factory=lambda: {"main": START})
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit_of(self, revision: str) -> str:
        commit = self.branches.get(revision) or self.tags.get(revision, revision)
        if commit not in self.commits:
            raise HubError(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return commit

    def tree(self, revision: str = "main") -> dict[str, str]:
        return self.commits[self.commit_of(revision)]
