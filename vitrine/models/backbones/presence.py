"""Whether a backbone is there, asked before torch is imported: a wrong name shall not cost minutes."""

import difflib
import logging
from pathlib import Path

from vitrine.config.model import SMALL_CNN
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.models.backbones.packaged import find_packaged_file
from vitrine.models.backbones.table import BACKBONES
from vitrine.records.folder import MODEL
from vitrine.records.model import METADATA
from vitrine.records.revisions import LOG

WEIGHT_FILES = (".safetensors", ".pth", ".pt", ".bin")
NEAREST = 3


def check_backbone(model_id: str, pretrained: bool = True) -> None:
    """Looks for a backbone as far as that can be done without its weights.

    Names of the table are taken as they are; of another id on the Hugging Face Hub the small files are fetched.

    Args:
        model_id: as in `model.backbone`.
        pretrained: false asks for its configuration only.

    Raises:
        UserError: it is not there; names the nearest ones.
    """
    place = model_id.removeprefix("hf-hub:")
    row = BACKBONES.get(model_id)
    if row and row.package and pretrained:
        find_packaged_file(row.name, row.package)
    if model_id == SMALL_CNN or model_id in BACKBONES or (place.startswith("timm/") and not pretrained):
        return
    if is_weights_file(place):
        if not Path(place).expanduser().is_file():
            raise UserError(f"model.backbone: there is no file {place}")
    elif _is_local(place):
        find_backbone_folder(model_id, place, weights=False)
    elif "/" not in place:
        nearest = difflib.get_close_matches(place.lower(), BACKBONES, NEAREST, cutoff=0.5)
        if nearest:  # names of timm are looked up where there is none of ours: that takes seconds
            raise UserError(
                f"model.backbone: there is no '{model_id}'; nearest in our table: {', '.join(nearest)}. "
                f"`{command_line('backbones')}` lists what there is"
            )
        find_backbone_folder(model_id, place, weights=False)
    else:
        logging.getLogger(__name__).warning("note: looking for %s on the Hugging Face Hub", place)
        find_backbone_folder(model_id, place, weights=False)


def check_is_pretrained(model_id: str, pretrained: bool, ways_out: str) -> None:
    """Makes sure that a network has learned something before its features are asked for.

    Args:
        model_id: as in `model.backbone`.
        pretrained: whether it starts from its weights.
        ways_out: the end of the error's sentence.

    Raises:
        UserError: it would start from random weights.
    """
    fault = f"'{SMALL_CNN}' starts" if model_id == SMALL_CNN else "" if pretrained else "false starts the backbone"
    if fault:
        name = "model.backbone" if model_id == SMALL_CNN else "model.pretrained"
        raise UserError(f"{name}: {fault} from random weights, so its features say nothing yet; {ways_out}")


def knows_no_labels(backbone: str, pretrained: bool) -> bool:
    """Whether a training starts from weights that are worth something and were not trained on these very labels.

    Args:
        backbone: as the recipe names it.
        pretrained: whether its weights are taken.
    """
    folder = Path(backbone).expanduser()
    ours = (folder / METADATA, folder / MODEL / METADATA, folder / LOG)  # a model, a run, a model with its revisions
    return pretrained and backbone != SMALL_CNN and not any(file.exists() for file in ours)


def is_weights_file(place: str) -> bool:
    """Whether a backbone is a file of weights, by its name."""
    path = Path(place).expanduser()
    return path.suffix in WEIGHT_FILES and not path.is_dir()


def find_backbone_folder(model_id: str, place: str, weights: bool = True) -> Path:
    """The folder of a model's files; unknown names are told before the network is asked.

    Args:
        model_id: as the user gave it.
        place: folder, or id on the Hub.
        weights: whether a download brings the weights too.

    Raises:
        UserError: there is none.
    """
    from vitrine.models.hub_files import find_model_folder

    local, is_timms = _is_local(place), place.startswith("timm/")
    if not local and ("/" not in place or is_timms):
        from vitrine.models.backbones.random_init import timm_architecture, unknown_backbone

        if "/" not in place or timm_architecture(place) is None:
            raise unknown_backbone("model.backbone", model_id)
    try:
        folder = find_model_folder(place, weights=weights)
    except UserError as error:
        fresh, small = "Random weights need no download: model.pretrained=false", "The small CNN needs no download"
        hint = "" if local else f". {fresh}" if is_timms else f". {small}: model.backbone={SMALL_CNN}"
        raise UserError(f"model.backbone: {error}{hint}") from error
    if local and weights:
        from vitrine.models.damage import check_model_files

        check_model_files(folder, full=True)  # a training follows
    return folder


def _is_local(place: str) -> bool:
    return Path(place).expanduser().exists() or place.startswith((".", "/", "~"))
