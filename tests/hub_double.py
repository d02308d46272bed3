"""A Hugging Face Hub on this machine, for tests: what huggingface_hub 2 and datasets 5 ask of the real one.

It keeps models, data sets and Spaces: create, upload (regular and LFS), commit, list, download, by commit or branch.
Branches, tags, and the rule of July 2026 that Gradio and Docker Spaces on free processors are for paying accounts.
Left out: Xet (so clients need HF_HUB_DISABLE_XET=1), pull requests, and everything that is only shown to people.

    with HubDouble(tmp_path / "hub") as hub:
        subprocess.run(command, env=hub.environment(tmp_path / "home"))
"""

import hashlib
import json
import os
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub_routes import ROUTES
from tests.hub_state import Fault, HubError, Repo

OWNER, TOKEN = "ann", "hf_token_of_ann"


class HubDouble:
    """The server, its repositories and its log; a context manager.

    Attributes:
        repos: repositories by (kind, "owner/name"); kind is "models", "datasets" or "spaces".
        tokens: user names by token; each may write below their own name only.
        requests: "METHOD /path" of every request, in order.
        broken: paths (regular expressions) that answer with a status, or as a `Fault` says, to play out failures.
        paying: users with a paid account.
        rejected_licenses: what `validate-yaml` refuses.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.blobs = folder
        self.repos: dict[tuple[str, str], Repo] = {}
        self.tokens = {TOKEN: OWNER}
        self.requests: list[str] = []
        self.broken: dict[str, int | Fault] = {}
        self.paying: set[str] = set()
        self.rejected_licenses = ("mitt",)
        self.lock = Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (HubHandler,), {"hub": self}))
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def environment(self, home: Path, token: str | None = TOKEN) -> dict[str, str]:
        """This process's environment with the double in place of the Hub, for a subprocess."""
        return hub_environment(self.address, home, token)

    def put(self, kind: str, name: str, files: dict[str, bytes], **changes: Any) -> Repo:
        """Makes a repository, or changes one, without any request."""
        repo = self.repos.setdefault((kind, name), Repo(kind, name))
        for attribute, value in changes.items():
            setattr(repo, attribute, value)
        self.commit(repo, "main", repo.tree() | {path: self.store(content) for path, content in files.items()}, "put")
        return repo

    def read(self, kind: str, name: str, path: str, revision: str = "main") -> bytes:
        return (self.blobs / self.repos[kind, name].tree(revision)[path]).read_bytes()

    def files(self, kind: str, name: str) -> list[str]:
        return sorted(self.repos[kind, name].tree())

    def store(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        (self.blobs / digest).write_bytes(content)
        return digest

    def commit(self, repo: Repo, branch: str, tree: dict[str, str], message: str) -> str:
        listing = json.dumps([len(repo.commits), sorted(tree.items())])
        oid = hashlib.sha1(listing.encode(), usedforsecurity=False).hexdigest()
        repo.commits[oid] = tree
        repo.branches[branch] = oid
        repo.messages.append(message)
        return oid


def hub_environment(address: str, home: Path, token: str | None) -> dict[str, str]:
    """Environment of a subprocess whose Hub is at an address and whose caches are its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))}
    environment |= {
        "HF_ENDPOINT": address, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    return environment | ({"HF_TOKEN": token} if token else {})


class HubHandler(BaseHTTPRequestHandler):
    """Turns requests into calls of the functions in `hub_routes.py`."""

    hub: ClassVar[HubDouble]
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        address = urlsplit(self.path)
        # An id's slash comes as it is, a revision's as %2F: routes are matched first and unquoted afterwards.
        self.query = parse_qs(address.query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.hub.requests.append(f"{self.command} {address.path}")
        self.is_cut = False
        try:
            self._play_faults(address.path)
            with self.hub.lock:
                self._route(address.path)
        except HubError as error:
            headers = {"X-Error-Code": error.code, "X-Error-Message": error.message} | error.headers
            self.send(json.dumps({"error": error.message}).encode(), error.status, headers)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (names that http.server calls)

    def _play_faults(self, path: str) -> None:
        for pattern, given in self.hub.broken.items():
            fault = given if isinstance(given, Fault) else Fault(given)
            if fault.times == 0 or not re.search(pattern, path):
                continue
            if fault.times is not None:
                fault.times -= 1
            time.sleep(fault.seconds)
            self.is_cut = fault.is_cut
            if fault.status:
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                raise HubError(fault.status, message=fault.message, headers=headers)

    def _route(self, path: str) -> None:
        for method, pattern, action in ROUTES:
            found = pattern.fullmatch(path)
            if found and self.command in method.split("|"):
                action(self, **{name: unquote(value or "") for name, value in found.groupdict().items()})
                return
        raise HubError(404, message=f"the double does not know {self.command} {path}")

    def send(self, content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.is_cut:
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif self.command != "HEAD":
            self.wfile.write(content)

    def send_json(self, value: object, headers: dict[str, str] | None = None) -> None:
        self.send(json.dumps(value).encode(), headers={"Content-Type": "application/json"} | (headers or {}))

    def log_message(self, *_: object) -> None:
        """Tests keep their output clean; `HubDouble.requests` is the log."""

    # Who asks, and for which repository

    def user(self) -> str | None:
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if given and given not in self.hub.tokens:
            raise HubError(401, message="Invalid credentials in Authorization header")
        return self.hub.tokens.get(given)

    def writer_of(self, name: str) -> str:
        user = self.user()
        if user is None:
            raise HubError(401, message="Invalid username or password.")
        if name.split("/")[0] != user:
            raise HubError(403, message=f"You don't have the rights to write to {name}")
        return user

    def repo(self, kind: str, name: str, to_write: bool = False, content: bool = False) -> Repo:
        user = self.user()
        repo = self.hub.repos.get((kind, name))
        if repo is None or (repo.private and name.split("/")[0] != user):
            raise HubError(404 if user else 401, "RepoNotFound", "Repository not found")
        if to_write:
            self.writer_of(name)
        if content and repo.gated and name.split("/")[0] != user:
            raise HubError(403 if user else 401, "GatedRepo", f"Access to {kind[:-1]} {name} is restricted.")
        return repo
