"""A model's files: a local folder as it is, or a download from the Hugging Face Hub."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from vitrine.errors import UserError, first_line
from vitrine.records.folder import MODEL
from vitrine.records.revisions import LOG, ModelLine

# Weights in other formats lie beside these in many repositories and would be downloaded for nothing.
NEEDED = ("*.json", "*.safetensors", "examples/*")


def find_model_folder(model_id: str, weights: bool = True) -> Path:
    """The folder that holds a model's files.

    Args:
        model_id: a folder of a model, of a run that holds one, or of a model with its revisions, of which the one in
            use is meant; or an id on the Hub such as `microsoft/resnet-18`.
        weights: whether a download brings the weights too, or the small files only.

    Raises:
        UserError: neither of them, or the Hub cannot be reached.
    """
    folder = Path(model_id).expanduser()
    if (folder / LOG).is_file():  # a model with its revisions
        folder = ModelLine.open(folder).model
    if folder.is_dir():
        places = (place for place in (folder, folder / MODEL) if (place / "config.json").is_file())  # or a run
        if (found := next(places, None)) is None:
            raise UserError(f"{folder} is not a model folder: it has no config.json")
        return found
    check_model_name(model_id)
    return _download(model_id, NEEDED if weights else NEEDED[:1])


def check_model_name(model_id: str) -> None:
    """Makes sure that what is no folder may be a model on the Hub, without asking it.

    Args:
        model_id: as it was given.

    Raises:
        UserError: it may not.
    """
    if Path(model_id).expanduser().exists() or model_id.startswith((".", "/", "~")) or model_id.count("/") != 1:
        raise UserError(f"{model_id}: there is no such model folder, and an id on the Hub reads owner/name")


def _download(model_id: str, patterns: Sequence[str]) -> Path:
    """The files of a model on the Hub, or those of an earlier download."""
    # Half a second that no model of this machine needs, nor any of the processes that ask it.
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(model_id, allow_patterns=list(patterns)))
    except GatedRepoError as error:
        raise UserError(
            f"{model_id}: its owner grants access on request; ask on its page, then run `hf auth login`"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise UserError(f"{model_id}: no such folder here, and no such model on the Hugging Face Hub") from error
    except (HfHubHTTPError, OSError) as error:
        if constants.HF_HUB_OFFLINE:  # the library's own words speak of its variable, which nobody here has heard of
            raise UserError(
                f"{model_id}: no such folder here, not among the downloads of this machine, and downloads are switched "
                "off on it. Give the folder of a model that was copied here"
            ) from error
        reason = first_line(error)
        raise UserError(
            f"{model_id}: no such folder here, and the Hugging Face Hub cannot be reached ({reason}). "
            "Give a model folder, or try again with a network"
        ) from error


def is_inside(folder: Path, name: str) -> bool:
    """Whether a name that a model folder gives means a file of its own, be it there or not.

    A model may be somebody else's: a name in its metadata, or a link behind it, could lead to any file of this machine.

    Args:
        folder: of the model.
        name: relative to the folder.
    """
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts:
        return False
    try:
        target, root = (folder / name).resolve(), folder.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle, a name that no disk knows
        return False
    places = [root]
    if root.parent.name == "snapshots":  # in the cache of the Hub every file is a link to the store beside
        places.append(root.parent.parent / "blobs")
    return any(map(target.is_relative_to, places))
