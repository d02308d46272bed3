"""Licences of pretrained weights, by the ids of the Hugging Face Hub, and which of them bind what is made from them."""

import re
from pathlib import Path
from typing import Any

from vitrine.config.data import BUILTIN_DIGITS
from vitrine.config.model import SMALL_CNN
from vitrine.errors import UserError
from vitrine.models.backbones.table import BACKBONES
from vitrine.models.hub_files import find_model_folder

PERMISSIVE = ("apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc-by-4.0", "cc0-1.0")
NOT_COMMERCIAL = re.compile(r"(^|-)(nc|noncommercial)(-|$)")
# Their text says that it goes along with fine-tuned models; of other own licences it is not known here.
FOLLOWING = ("dinov3-license",)
UNSTATED = ("unknown", "other")

SCRATCH = "none"  # of a network that starts from random weights
DIGITS = "cc-by-4.0"  # UCI Machine Learning Repository, Optical Recognition of Handwritten Digits

# Weights outside timm, by the beginning of their id on the Hub. timm's table names these licences for the same weights.
FAMILIES = {
    "facebook/dinov3-": "dinov3-license",
    "facebook/eupe-": "fair-noncommercial-research-license",
    "facebook/convnextv2-": "cc-by-nc-4.0",
}


def find_license(model_id: str) -> str | None:
    """The licence of a network's pretrained weights, without asking the Hub; None where it is not known.

    Args:
        model_id: as in `model.backbone`; the page (README.md) of a folder of weights may name one, and that of the
            model in a run, or of the one in use of a model with its revisions.
    """
    place = model_id.removeprefix("hf-hub:")
    if place in BACKBONES:
        return BACKBONES[place].license.lower()
    if Path(place).expanduser().is_dir():
        return _read_page(_find_page(place))
    if place.startswith("timm/"):
        import timm  # takes a second; most networks are found without

        facts = timm.get_pretrained_cfg(place.removeprefix("timm/"), allow_unregistered=True)
        return _if_stated(facts.license if facts else None)
    return next((family for start, family in FAMILIES.items() if place.lower().startswith(start)), None)


def license_of_pictures(source: str) -> str | None:
    """The licence of pictures that Vitrine itself knows; None where it has to be asked for."""
    return DIGITS if source == BUILTIN_DIGITS else None


def license_of_backbone(backbone: str) -> str | None:
    """The licence of the weights that a training starts from; None where it has to be asked for.

    Args:
        backbone: as in `model.backbone`.
    """
    return SCRATCH if backbone == SMALL_CNN else find_license(backbone)


def describe_binding_license(model_id: str, pretrained: bool = True) -> str | None:
    """A sentence on a licence that binds the models made from the weights too; None where none is known to.

    Args:
        model_id: as in `model.backbone`.
        pretrained: random weights have no licence.
    """
    license_id = find_license(model_id) if pretrained else None
    return None if license_id is None else tell_binding(model_id, license_id)


def tell_binding(model_id: str, license_id: str) -> str | None:
    """A sentence on what a licence of weights binds; None where it binds nothing.

    Args:
        model_id: of the weights, for the sentence.
        license_id: that they have.
    """
    if license_id in PERMISSIVE:
        return None
    if NOT_COMMERCIAL.search(license_id):
        return f"the weights of {model_id} ({license_id}) exclude commercial use, also of every model trained from them"
    follows = "follows" if license_id in FOLLOWING else "may follow"
    return (
        f"the weights of {model_id} have a licence of their own ({license_id}), which {follows} every model trained "
        "from them; read it before you pass the model on"
    )


def _find_page(place: str) -> Path:
    try:
        folder = find_model_folder(place, weights=False)
    except UserError:  # no model, but whoever wrote the page has stated a licence
        folder = Path(place).expanduser()
    return folder / "README.md"


def _read_page(page: Path) -> str | None:
    """What the head of a model's page states; a damaged page states nothing."""
    from huggingface_hub.repocard import metadata_load

    try:
        head: dict[str, Any] = metadata_load(page) or {} if page.is_file() else {}
    except Exception:  # whatever YAML makes of it: the page is for people
        return None
    stated = head.get("license")
    if isinstance(stated, list):
        stated = stated[0] if stated else None
    return _if_stated(head.get("license_name", stated) if stated == "other" else stated)


def _if_stated(license_id: object) -> str | None:
    found = str(license_id).lower() if license_id else None
    return None if found in UNSTATED else found
