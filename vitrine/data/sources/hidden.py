"""What lies in people's folders and is not a picture of theirs: hidden files, system folders, results of Vitrine."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

from vitrine.records import evaluation
from vitrine.records import folder as run_folder
from vitrine.records.answers import ASKED
from vitrine.records.model import METADATA
from vitrine.records.prepared import FACTS, MANIFEST, UNFINISHED

HIDDEN = "hidden file"
MAC_FOLDER = "__MACOSX"
FOLDERS_KEPT = 4096  # in memory: paths are compared by the million, and pathlib takes microseconds for each
# Bins, snapshots, indexes and lost files, as Windows, Linux, Android, Synology, QNAP, NetApp and Samba call them. Names
# that a class might have (recycled, android) are not among them.
_SYSTEM_FOLDER = re.compile(
    r"""\$recycle\.bin | \$extend | \$winreagent | \$sysreset | \$windows\.~\w+ | s-1-5-\d+(-\d+)*
    | system\ volume\ information | found\.\d{3} | recycle\.bin | msdownld\.tmp | wpsystem
    | lost\+found | lost\.dir | network\ trash\ folder | temporary\ items
    | \#recycle | \#snapshot | \~snapshot | @eadir | @tmp | @recycle | @recently-snapshot | @__thumb | @sharebin
    | @syno\w* | __pycache__""",
    re.IGNORECASE | re.VERBOSE,
)
_THUMBNAIL_FOLDER = re.compile("_?thumbnails?|_thumbs?|thumbs_cache", re.IGNORECASE)
_TOOL_FOLDER = re.compile(
    r"\.(git|svn|hg|cache|config|local|idea|vscode|venv|env|gradio|ipynb_checkpoints|tox|\w+_cache|trash.*|thumb.*|recycle"
    r"|snapshots?|zfs|spotlight.*|fseventsd|temporaryitems|documentrevisions.*|apple.*|apdisk|picasa.*|st(folder|versions)"
    r"|sync.*|dropbox.*|tmp.*|@.*|_.*|.*\.unfinished)",
    re.IGNORECASE,
)
# A folder that holds all files of one of these is a result: a prepared data set, finished or begun, a run, a model,
# a page, a folder of answers.
_RESULTS = (
    (FACTS, MANIFEST),
    (UNFINISHED,),
    (run_folder.RECIPE, run_folder.METRICS),
    (METADATA, "config.json"),
    *((f"{name}.json", f"{name}.html") for name in ("comparison", "search", "feasibility", "learning_curve")),
    (evaluation.RECORD, evaluation.PAGE),
    (ASKED,),
)


def is_hidden(file: str) -> bool:
    """Whether a path within a source is hidden, of the system, or a thumbnail; a slash at its end marks a folder."""
    return bool(reason_hidden(file))


def reason_hidden(file: str) -> str:
    """Why a path within a source is not a picture of a person, or "".

    Args:
        file: with forward slashes; a slash at its end marks a folder.
    """
    folder, _, name = file.rpartition("/")
    is_hidden_itself = name.startswith(".") or name == MAC_FOLDER
    return _reason_of_folder(folder) or (HIDDEN if is_hidden_itself else "")


@lru_cache(FOLDERS_KEPT)
def _reason_of_folder(folder: str) -> str:
    for part in PurePosixPath(folder).parts:
        if _SYSTEM_FOLDER.fullmatch(part):
            return f"in a folder of the system ({part})"
        if _THUMBNAIL_FOLDER.fullmatch(part):
            return f"in a folder of thumbnails ({part})"
        # Nobody hides a folder by a number: '.22 LR' is a cartridge.
        if part == MAC_FOLDER or (part.startswith(".") and not part[1:2].isdigit()):
            return HIDDEN
    return ""


def is_of_a_tool(folder: str) -> bool:
    """Whether a hidden folder's name is one that programs give, so that nobody means a class by it."""
    return bool(_TOOL_FOLDER.fullmatch(folder))


def is_result(folder: Path) -> bool:
    """Whether Vitrine wrote a folder: a prepared data set, a run, a model, a study, begun or finished."""
    if folder.name.endswith(run_folder.UNFINISHED):
        return True
    return any(all((folder / name).is_file() for name in names) for names in _RESULTS)


def without_traces(names: Iterable[str]) -> list[str]:
    """The names of files and links beside results, without the locks and the link to the latest that belong to them."""
    return [name for name in names if name != run_folder.LATEST and not re.fullmatch(r"\..*\.lock", name)]
