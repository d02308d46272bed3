"""Which model the page shows."""

from pathlib import Path

from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.listing import list_names
from vitrine.models.hub_files import check_model_name
from vitrine.records.folder import LATEST, MODEL
from vitrine.records.onnx_checksum import has_onnx_suffix

WEIGHTS_DESCRIPTION = "config.json"  # every Hugging Face model folder has one


def choose_model(asked: str | None, environment: str | None, runs: Path) -> str:
    """Returns the model to load, as it was given: a folder that `find_model_folder` takes, a Hub id or an ONNX file.

    Args:
        asked: the value of `--model`, which goes before everything else.
        environment: the value of MODEL_ID.
        runs: folder of the run folders, searched when neither is given.

    Raises:
        UserError: nothing was asked for and no run has finished, or what was asked for can be no model.
    """
    given = (asked or environment or "").strip()
    if given:
        _check_given(given, runs)
        return given
    finished = [folder for folder in runs.glob(f"*/{LATEST}/{MODEL}") if (folder / WEIGHTS_DESCRIPTION).is_file()]
    if not finished:
        raise UserError(
            f"no model: {runs}/ holds no finished run. Train one first with "
            f"`{command_line('train')} configs/digits.yaml`, or name one with --model FOLDER_OR_HUB_ID"
        )
    return str(max(finished, key=lambda folder: (folder / WEIGHTS_DESCRIPTION).stat().st_mtime))


def _check_given(given: str, runs: Path) -> None:
    if not Path(given).expanduser().exists() and not has_onnx_suffix(given):  # whose reader says what is wrong
        try:
            check_model_name(given)  # before seconds of loading
        except UserError as error:
            names = sorted({folder.parent.name for folder in runs.glob(f"*/{LATEST}")})
            raise UserError(f"{error}{f'; {runs}/ holds runs of {list_names(names)}' if names else ''}") from None
