"""The routes of the Hub double, one function each; the table at the end says which request goes where."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.hub_spaces import check_is_paid, describe_runtime, list_spaces, read_runtime, set_space_value
from tests.hub_state import START, HubError, Repo

if TYPE_CHECKING:
    from tests.hub_double import HubHandler

LFS_EXTENSIONS = (".parquet", ".arrow", ".safetensors", ".bin", ".onnx", ".png", ".jpg", ".zip")
LFS_FROM_BYTES = 10_000_000
TREE_PAGE = 1_000
PREFIXES = {"models": "", "datasets": "datasets/", "spaces": "spaces/"}


# Actions, in the order in which a push calls them


def whoami(request: "HubHandler") -> None:
    user = request.user()
    if user is None:
        raise HubError(401, message="Invalid username or password.")
    is_paying = user in request.hub.paying
    request.send_json(
        {
            "type": "user", "name": user, "fullname": user, "orgs": [], "auth": {"type": "access_token"},
            "isPro": is_paying, "canPay": is_paying,
        }
    )  # fmt: skip


def validate_card(request: "HubHandler") -> None:
    content = json.loads(request.body)["content"]
    for license_id in request.hub.rejected_licenses:
        if f"license: {license_id}\n" in content:
            raise HubError(400, message=f'"license" must be one of [mit, ...] (got {license_id})')
    request.send_json({"errors": [], "warnings": []})


def create_repo(request: "HubHandler") -> None:
    wanted = json.loads(request.body)
    user = request.user()
    name = f"{wanted.get('organization') or user}/{wanted['name']}"
    request.writer_of(name)
    kind = f"{wanted.get('type') or 'model'}s"
    url = f"{request.hub.address}/{PREFIXES[kind]}{name}"
    if (kind, name) in request.hub.repos:
        request.send(json.dumps({"url": url, "error": "You already created this repo"}).encode(), 409)
        return
    check_is_paid(request, user, wanted)
    private = bool(wanted.get("private")) or wanted.get("visibility") == "private"
    settings = {key: wanted[key] for key in ("sdk", "hardware", "secrets", "variables") if key in wanted}
    request.hub.repos[kind, name] = Repo(kind, name, private, settings=settings)
    request.send_json({"url": url, "name": name, "id": "0"})


def preupload(request: "HubHandler", kind: str, name: str, revision: str) -> None:
    tree = request.repo(kind, name, to_write=True).tree(revision)
    files = []
    for file in json.loads(request.body)["files"]:
        is_large = file["path"].endswith(LFS_EXTENSIONS) or file["size"] > LFS_FROM_BYTES
        oid = tree.get(file["path"])
        if oid and not is_large:
            content = (request.hub.blobs / oid).read_bytes()
            oid = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        mode = "lfs" if is_large else "regular"
        files.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    request.send_json({"files": files})


def start_lfs(request: "HubHandler", name: str, prefix: str = "") -> None:
    kind = (prefix or "models/").removesuffix("/")
    request.repo(kind, name, to_write=True)
    objects = []
    for wanted in json.loads(request.body)["objects"]:
        link = f"{request.hub.address}/lfs/{wanted['oid']}"
        known = (request.hub.blobs / wanted["oid"]).exists()
        actions = {} if known else {"actions": {"upload": {"href": link}, "verify": {"href": f"{link}/verify"}}}
        objects.append({"oid": wanted["oid"], "size": wanted["size"]} | actions)
    request.send_json({"transfer": "basic", "objects": objects})


def receive_lfs(request: "HubHandler", oid: str) -> None:
    if request.hub.store(request.body) != oid:
        raise HubError(400, message="the content does not have the hash that was announced")
    request.send(b"")


def verify_lfs(request: "HubHandler", oid: str) -> None:
    size = (request.hub.blobs / oid).stat().st_size
    if size != json.loads(request.body)["size"]:
        raise HubError(400, message="the content does not have the size that was announced")
    request.send_json({})


def commit(request: "HubHandler", kind: str, name: str, revision: str) -> None:
    repo = request.repo(kind, name, to_write=True)
    tree, message = dict(repo.tree(revision)), ""
    for line in request.body.splitlines():
        item = json.loads(line)
        action, value = item["key"], item["value"]
        if action == "header":
            message = value["summary"]
            if value.get("parentCommit") not in (None, repo.commit_of(revision)):
                raise HubError(412, message="A commit has happened since. Please refresh and try again.")
        elif action == "file":
            tree[value["path"]] = request.hub.store(base64.b64decode(value["content"]))
        elif action == "lfsFile":
            if not (request.hub.blobs / value["oid"]).exists():
                raise HubError(400, message=f"LFS pointer pointed to a file that does not exist: {value['path']}")
            tree[value["path"]] = value["oid"]
        elif action == "deletedFile":
            del tree[value["path"]]
        elif action == "deletedFolder":
            tree = {path: oid for path, oid in tree.items() if not path.startswith(f"{value['path'].rstrip('/')}/")}
    oid = request.hub.commit(repo, revision, tree, message)
    url = f"{request.hub.address}/{PREFIXES[kind]}{name}/commit/{oid}"
    request.send_json({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})


# Actions of a download


def describe_repo(request: "HubHandler", kind: str, name: str, revision: str = "") -> None:
    repo = request.repo(kind, name)
    commit_id = repo.commit_of(revision or "main")
    request.send_json(
        {
            "_id": "0", "id": name, "author": name.split("/")[0], "sha": commit_id, "private": repo.private,
            "gated": "manual" if repo.gated else False, "disabled": False, "downloads": 0, "likes": 0, "tags": [],
            "createdAt": "2026-01-01T00:00:00.000Z", "lastModified": "2026-01-01T00:00:00.000Z",
            "siblings": [{"rfilename": path} for path in sorted(repo.tree(commit_id))],
            "cardData": read_card_data(request, repo, commit_id),
        } | ({"sdk": repo.settings.get("sdk"), "runtime": read_runtime(repo.settings)} if kind == "spaces" else {})
    )  # fmt: skip


def read_card_data(request: "HubHandler", repo: Repo, commit_id: str) -> dict[str, Any] | None:
    """The YAML head of its README.md."""
    digest = repo.tree(commit_id).get("README.md")
    text = (request.hub.blobs / digest).read_text("utf-8") if digest else ""
    return yaml.safe_load(text.split("---\n")[1]) if text.startswith("---\n") else None


def check_access(request: "HubHandler", kind: str, name: str) -> None:
    request.repo(kind, name, content=True)
    request.send_json({})


def list_refs(request: "HubHandler", kind: str, name: str) -> None:
    repo = request.repo(kind, name)

    def list_all(refs: dict[str, str], place: str) -> list[dict[str, str]]:
        return [{"name": one, "ref": f"refs/{place}/{one}", "targetCommit": oid} for one, oid in refs.items()]

    request.send_json(
        {"branches": list_all(repo.branches, "heads"), "converts": [], "tags": list_all(repo.tags, "tags")}
    )


def list_commits(request: "HubHandler", kind: str, name: str, revision: str) -> None:
    """The newest first; every commit of a repository here follows the one before."""
    repo = request.repo(kind, name)
    oids = list(repo.commits)
    known = {"authors": [], "date": "2026-01-01T00:00:00.000Z", "title": "commit", "message": ""}
    request.send_json([{"id": oid} | known for oid in reversed(oids[: oids.index(repo.commit_of(revision)) + 1])])


def create_tag(request: "HubHandler", kind: str, name: str, revision: str) -> None:
    repo, tag = request.repo(kind, name, to_write=True), json.loads(request.body)["tag"]
    if tag in repo.tags:
        raise HubError(409, message="Tag reference exists already")
    repo.tags[tag] = repo.commit_of(revision)
    request.send_json({})


def change_settings(request: "HubHandler", kind: str, name: str) -> None:
    repo, wanted = request.repo(kind, name, to_write=True), json.loads(request.body)
    if "visibility" in wanted or "private" in wanted:
        repo.private = bool(wanted.get("private")) or wanted.get("visibility") == "private"
    request.send_json({})


def create_branch(request: "HubHandler", kind: str, name: str, revision: str) -> None:
    repo = request.repo(kind, name, to_write=True)
    if revision in repo.branches:
        raise HubError(409, message="Reference already exists")
    repo.branches[revision] = repo.branches["main"]
    request.send_json({})


def list_tree(request: "HubHandler", kind: str, name: str, revision: str, folder: str = "") -> None:
    tree = request.repo(kind, name, content=True).tree(revision)
    folder = folder.strip("/")
    inside = [path for path in tree if not folder or path.startswith(f"{folder}/")]
    if folder and not inside:
        raise HubError(404, "EntryNotFound", f"{folder} does not exist on {revision}")
    entries = describe_entries(request, tree, inside)
    if request.query.get("recursive", ["false"])[0].lower() not in ("true", "1"):
        depth = folder.count("/") + 1 if folder else 0
        entries = [entry for entry in entries if entry["path"].count("/") == depth]
    entries = [entry for entry in entries if not folder or entry["path"].startswith(f"{folder}/")]
    first = int(request.query.get("cursor", ["0"])[0])
    headers = {}
    if first + TREE_PAGE < len(entries):
        path = urlsplit(request.path).path
        query = "&".join(f"{key}={values[0]}" for key, values in request.query.items() if key != "cursor")
        headers["Link"] = f'<{request.hub.address}{path}?{query}&cursor={first + TREE_PAGE}>; rel="next"'
    request.send_json(entries[first : first + TREE_PAGE], headers)


def describe_paths(request: "HubHandler", kind: str, name: str, revision: str) -> None:
    tree = request.repo(kind, name, content=True).tree(revision)
    if request.headers.get_content_type() == "application/json":
        wanted = json.loads(request.body)["paths"]
    else:
        wanted = parse_qs(request.body.decode()).get("paths", [])
    request.send_json([entry for entry in describe_entries(request, tree, list(tree)) if entry["path"] in wanted])


def describe_entries(request: "HubHandler", tree: dict[str, str], paths: list[str]) -> list[dict[str, Any]]:
    """Files and the folders above them, by name, as in a tree listing."""
    parents = {parent.as_posix() for path in paths for parent in Path(path).parents} - {"."}
    entries: list[dict[str, Any]] = [
        {"type": "directory", "path": parent, "oid": hashlib.sha256(parent.encode()).hexdigest()[:40], "size": 0}
        for parent in parents
    ]
    for path in paths:
        content = (request.hub.blobs / tree[path]).read_bytes()
        size = len(content)
        oid = hashlib.sha1(b"blob %d\0" % size + content, usedforsecurity=False).hexdigest()  # as Git has it
        entry = {"type": "file", "path": path, "oid": oid, "size": size}
        if path.endswith(LFS_EXTENSIONS):
            entry["lfs"] = {"oid": tree[path], "size": size, "pointerSize": 130}
        entries.append(entry)
    last_commit = {"id": START, "title": "commit", "date": "2026-01-01T00:00:00.000Z"}
    return [entry | {"lastCommit": last_commit} for entry in sorted(entries, key=lambda entry: entry["path"])]


def download(request: "HubHandler", name: str, revision: str, path: str, prefix: str = "") -> None:
    repo = request.repo((prefix or "models/").removesuffix("/"), name, content=True)
    commit_id = repo.commit_of(revision)
    headers = {"X-Repo-Commit": commit_id, "Accept-Ranges": "bytes"}
    digest = repo.tree(commit_id).get(path)
    if digest is None:
        headers |= {"X-Error-Code": "EntryNotFound", "X-Error-Message": "Entry not found"}
        request.send(b"Entry not found", 404, headers)
        return
    content = (request.hub.blobs / digest).read_bytes()
    headers["ETag"] = f'"{digest if path.endswith(LFS_EXTENSIONS) else digest[:40]}"'
    part = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
    if part and request.command == "GET":
        first, last = int(part[1]), min(int(part[2] or len(content) - 1), len(content) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        request.send(content[first : last + 1], 206, headers)
    else:
        request.send(content, headers=headers)


_REPO = r"/api/(?P<kind>models|datasets|spaces)/(?P<name>[^/]+/[^/]+)"
_GIT = r"/(?P<prefix>datasets/|spaces/)?(?P<name>[^/]+/[^/]+)"
Action = Callable[..., None]
ROUTES: list[tuple[str, re.Pattern[str], Action]] = [
    (method, re.compile(pattern), action)
    for method, pattern, action in (
        ("GET", "/api/whoami-v2", whoami),
        ("POST", "/api/validate-yaml", validate_card),
        ("POST", "/api/repos/create", create_repo),
        ("POST", f"{_REPO}/preupload/(?P<revision>[^/]+)", preupload),
        ("POST", rf"{_GIT}\.git/info/lfs/objects/batch", start_lfs),
        ("PUT", "/lfs/(?P<oid>[0-9a-f]{64})", receive_lfs),
        ("POST", "/lfs/(?P<oid>[0-9a-f]{64})/verify", verify_lfs),
        ("POST", f"{_REPO}/commit/(?P<revision>[^/]+)", commit),
        ("GET", _REPO, describe_repo),
        ("GET", f"{_REPO}/revision/(?P<revision>[^/]+)", describe_repo),
        ("GET", f"{_REPO}/auth-check", check_access),
        ("GET", f"{_REPO}/refs", list_refs),
        ("GET", f"{_REPO}/commits/(?P<revision>[^/]+)", list_commits),
        ("POST", f"{_REPO}/branch/(?P<revision>[^/]+)", create_branch),
        ("POST", f"{_REPO}/tag/(?P<revision>[^/]+)", create_tag),
        ("PUT", f"{_REPO}/settings", change_settings),
        ("GET", f"{_REPO}/tree/(?P<revision>[^/]+)(?P<folder>/.*)?", list_tree),
        ("POST", f"{_REPO}/paths-info/(?P<revision>[^/]+)", describe_paths),
        ("GET|HEAD", f"{_GIT}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", download),
        ("GET", "/api/spaces", list_spaces),
        ("GET", "/api/spaces/(?P<name>[^/]+/[^/]+)/runtime", describe_runtime),
        ("POST", "/api/spaces/(?P<name>[^/]+/[^/]+)/(?P<what>secrets|variables)", set_space_value),
    )
]
