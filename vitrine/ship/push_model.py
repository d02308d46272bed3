"""Puts the model of a run on the Hugging Face Hub: one commit with its card, a tag for each revision, private first."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelCard
from huggingface_hub.errors import HfHubHTTPError

from vitrine.config.data import HUB_PREFIX
from vitrine.errors import UserError
from vitrine.models.backbones.licenses import SCRATCH, license_of_backbone, license_of_pictures
from vitrine.records.folder import MODEL
from vitrine.records.model import METADATA
from vitrine.records.prepared import CARD
from vitrine.records.public import HUB_ID
from vitrine.ship.hub import (
    Place,
    after_commit,
    check_audience,
    check_is_ours,
    check_repo_id,
    commit_folder,
    find_place,
    one_message,
    validate_card,
)
from vitrine.ship.licenses import UNKNOWN, choose_license, find_conflict
from vitrine.ship.model_card import Terms, check_model_card, render_model_card
from vitrine.ship.model_files import StagedModel, check_no_places, measure_files, stage_model
from vitrine.ship.run_evidence import RunEvidence, find_run, read_evidence

KEPT = "The Hub has all of it or nothing; what was uploaded already is not sent again"
REVISION = re.compile(r"v(\d+)")
Show = Callable[[StagedModel, Terms], None]  # is told what will be published, before anything is sent


@dataclass(frozen=True)
class Wishes:
    """What a user asks for.

    Attributes:
        is_public: whether all may see it.
        examples: whether test pictures go along; None where nobody said.
        license: of the model, by the ids of the Hub; None takes that of the weights that it started from.
        data_license: of its pictures; None asks the Hub where they are from there.
    """

    is_public: bool = False
    examples: bool | None = None
    license: str | None = None
    data_license: str | None = None


@dataclass(frozen=True)
class PublishedModel:
    """What a push made.

    Attributes:
        address: of its page.
        revision: tag of it.
        is_new: whether anything has changed since the revision before.
        staged: what is there.
    """

    address: str
    revision: str
    is_new: bool
    staged: StagedModel


def publish_model(run: Path, repo_id: str, wishes: Wishes, show: Show) -> PublishedModel:
    """Pushes the model of a finished run; one of Vitrine's that is there already gets a further revision.

    Args:
        run: folder of the run, or its model folder.
        repo_id: `owner/name`.
        wishes: of the user.
        show: see `Show`.

    Raises:
        UserError: the message says why, what to do, and where its files are on the Hub already.
    """
    check_repo_id(repo_id, "a model")
    run = find_run(run)
    evidence = read_evidence(run)
    with_examples = decide_examples(evidence, wishes)
    api = HfApi()
    with one_message(repo_id, KEPT):
        place = find_place(api, repo_id, "model")
        check_is_ours(place, repo_id, METADATA, "model")
        check_audience(place, repo_id, wishes.is_public)
        terms = settle_terms(evidence, repo_id, wishes, with_examples, api)
        with staged(run, evidence, terms) as copy:
            validate_card(ModelCard.load(copy.folder / CARD), wishes.license)
            show(copy, terms)
            return _send(api, place, repo_id, copy, wishes)


def try_push(run: Path, repo_id: str, wishes: Wishes, show: Show) -> None:
    """A dry run: all that can be done without the Hub. Arguments and errors as for `publish_model`."""
    check_repo_id(repo_id, "a model")
    run = find_run(run)
    evidence = read_evidence(run)
    terms = settle_terms(evidence, repo_id, wishes, decide_examples(evidence, wishes), None)
    with staged(run, evidence, terms) as copy:
        show(copy, terms)


def decide_examples(evidence: RunEvidence, wishes: Wishes) -> bool:
    """Whether test pictures go along. To all the world only with consent.

    Raises:
        UserError: they would become public, and nobody has said that they may.
    """
    count = len(evidence.metadata.examples)
    if wishes.examples is None and wishes.is_public and count:
        raise UserError(
            f"{count} pictures of the test split would become public: add --examples if you may and want to show them, "
            "or --no-examples"
        )
    return wishes.examples is not False


@contextmanager
def staged(run: Path, evidence: RunEvidence, terms: Terms) -> Iterator[StagedModel]:
    """A copy of what is published, as long as the block lasts.

    Args:
        run: folder of the run.
        evidence: of it.
        terms: on which it is published; the examples of them go along.

    Raises:
        UserError: the model is damaged, or something of this machine would be told.
    """
    with tempfile.TemporaryDirectory(prefix=".vitrine-push-", dir=run) as temporary:
        folder = Path(temporary)
        copy = stage_model(run / MODEL, folder, evidence.metadata, bool(terms.examples))
        card = render_model_card(evidence, terms)
        check_model_card(card)
        (folder / CARD).write_text(card, encoding="utf-8")
        check_no_places(folder, {"the folder of the run": run, "your home folder": Path.home()})
        yield StagedModel(folder, measure_files(folder), copy.examples, copy.stays)


def settle_terms(evidence: RunEvidence, repo_id: str, wishes: Wishes, with_examples: bool, api: HfApi | None) -> Terms:
    """Licences as far as they can be known.

    Args:
        evidence: of the run.
        repo_id: where it is published.
        wishes: of the user.
        with_examples: whether test pictures go along.
        api: to ask for licences; None asks nobody.

    Raises:
        UserError: they forbid that the model is published.
    """
    source = evidence.data.source
    backbone = SCRATCH
    if evidence.is_pretrained:
        backbone = license_of_backbone(evidence.metrics.training.backbone) or _ask_license(
            api, evidence.weights, "model"
        )
    pictures = wishes.data_license or license_of_pictures(source)
    if pictures is None and source.startswith(HUB_PREFIX):
        pictures = _ask_license(api, source.removeprefix(HUB_PREFIX), "dataset")
    terms = Terms(
        repo_id=repo_id,
        license=choose_license(wishes.license, backbone),
        backbone_license=backbone,
        data_license=pictures or UNKNOWN,
        examples=tuple(evidence.metadata.examples) if with_examples else (),
    )
    conflict = find_conflict(terms.license, backbone, terms.data_license, bool(terms.examples))
    if conflict:
        raise UserError(f"{repo_id}: a licence forbids it: {conflict}")
    return terms


def say_licenses(terms: Terms) -> str:
    """The licences in a line."""
    licenses = {
        "model": terms.license,
        "weights it started from": terms.backbone_license,
        "pictures": terms.data_license,
    }
    return f"licences: {', '.join(f'{what} {license_id}' for what, license_id in licenses.items())}"


def _ask_license(api: HfApi | None, repo_id: str, repo_type: str) -> str:
    """What the card of a repository says; "unknown" where there is none, or the Hub is not asked."""
    if api is None or not HUB_ID.fullmatch(repo_id):
        return UNKNOWN
    try:
        info: Any = api.repo_info(repo_id, repo_type=repo_type)
    except HfHubHTTPError:  # gone, renamed or gated: then nobody knows
        return UNKNOWN
    license_id = info.card_data.get("license") if info.card_data else None
    if isinstance(license_id, list):
        license_id = license_id[0] if license_id else None
    return str(license_id or UNKNOWN)


def _send(api: HfApi, place: Place, repo_id: str, copy: StagedModel, wishes: Wishes) -> PublishedModel:
    files = {name: copy.folder / name for name in copy.sizes}
    commit = commit_folder(api, place, repo_id, files, wishes.is_public, repo_type="model", message="Model")
    with after_commit(repo_id):
        revision, is_new = _tag(api, repo_id, commit)
    return PublishedModel(f"{api.endpoint}/{repo_id}", revision, is_new, copy)


def _tag(api: HfApi, repo_id: str, commit: str) -> tuple[str, bool]:
    """The tag of a commit, made where it has none; and whether it was made now."""
    tags = {tag.name: tag.target_commit for tag in api.list_repo_refs(repo_id).tags if REVISION.fullmatch(tag.name)}
    for name, target in tags.items():
        if target == commit:
            return name, False
    number = max((int(name.removeprefix("v")) for name in tags), default=0) + 1
    api.create_tag(repo_id, tag=f"v{number}", revision=commit)
    return f"v{number}", True
