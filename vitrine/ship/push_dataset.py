"""Puts a prepared data set on the Hugging Face Hub, with its card, its manifest and its facts."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import datasets
from huggingface_hub import CommitOperationAdd, DatasetCard, HfApi, hf_hub_download
from PIL import Image

from vitrine.data.images.prefetch import map_ahead
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared
from vitrine.data.sources.hub_access import quiet_datasets
from vitrine.errors import UserError
from vitrine.records.manifest import read_unused
from vitrine.records.prepared import CARD, FACTS, MANIFEST
from vitrine.ship.data_card import (
    columns_of,
    hash_file,
    hash_splits,
    make_public,
    merge_cards,
    read_head,
    render_data_card,
)
from vitrine.ship.hub import check_audience, check_is_ours, check_repo_id, find_place, one_message, validate_card

DATASET = "dataset"
PLAIN_PIXELS = (b"P5", b"P6")  # PGM and PPM, which the pages of the Hub do not show
KEPT = "Pictures that were uploaded already are not sent again"


@dataclass(frozen=True)
class PublishedData:
    """Where a data set is now, and what it is.

    Attributes:
        address: of its page.
        commit: that the push made.
        pictures: number of pictures in all splits.
    """

    address: str
    commit: str
    pictures: int


def publish_data(
    prepared_folder: Path, repo_id: str, is_public: bool = False, license_id: str | None = None
) -> PublishedData:
    """Pushes a prepared data set; one of Vitrine's that is there already is replaced.

    Args:
        prepared_folder: what data_prep.py wrote.
        repo_id: `owner/name`.
        is_public: whether all may see it; else it is for its owner.
        license_id: a licence id of the Hub such as `mit` or `cc-by-4.0`; None keeps the one that the card has, or says
            that it is not known.

    Raises:
        UserError: no such prepared data set, no right to write there, something else is there, or no network.
    """
    check_repo_id(repo_id, "a data set")
    prepared = open_prepared(prepared_folder)
    api = HfApi()
    with one_message(repo_id, KEPT):
        theirs = _check_place(api, repo_id, is_public)
        license_id = license_id or _license_of(theirs)
        card = _render(prepared, repo_id, license_id)
        validate_card(DatasetCard(card), license_id)
        api.create_repo(repo_id, repo_type=DATASET, private=not is_public, exist_ok=True)
        facts = make_public(prepared.facts).model_dump_json(indent=2)
        # The facts come first: by them, a push that was cut off is known as Vitrine's and can be run again.
        _commit(api, repo_id, "Manifest and facts", {MANIFEST: prepared.folder / MANIFEST, FACTS: facts.encode()})
        _push_splits(prepared, repo_id)
        theirs = Path(hf_hub_download(repo_id, CARD, repo_type=DATASET)).read_text(encoding="utf-8")
        commit = _commit(api, repo_id, "Card", {CARD: merge_cards(card, theirs).encode()})
    pictures = sum(len(split) for split in prepared.splits.values())
    return PublishedData(f"{api.endpoint}/datasets/{repo_id}", commit, pictures)


def _check_place(api: HfApi, repo_id: str, is_public: bool) -> str:
    """Makes sure that it may be written to as asked; returns the card that is there, or ""."""
    place = find_place(api, repo_id, DATASET)
    check_is_ours(place, repo_id, FACTS, "data set")
    check_audience(place, repo_id, is_public)
    if place.there and place.there.private and is_public:
        raise UserError(
            f"{repo_id} is there already and is private; choose another name for what all may see: with this one, its "
            "earlier revisions would be seen, too"
        )
    if place.there is None or CARD not in place.files:
        return ""
    return Path(hf_hub_download(repo_id, CARD, repo_type=DATASET)).read_text(encoding="utf-8")


def _license_of(card: str) -> str | None:
    """What somebody wrote on the data set's page; of several licences, the first."""
    license_id = read_head(card).get("license")
    return license_id[0] if isinstance(license_id, list) else license_id


def _render(prepared: PreparedDataset, repo_id: str, license_id: str | None) -> str:
    return render_data_card(
        prepared.facts,
        read_unused(prepared.folder, ("reason",)),
        hash_file(prepared.folder / MANIFEST),
        hash_splits(prepared.splits),
        columns_of(prepared.splits),
        license_id,
        repo_id,
    )


def _commit(api: HfApi, repo_id: str, message: str, files: Mapping[str, bytes | Path]) -> str:
    operations = [CommitOperationAdd(name, content) for name, content in files.items()]
    return api.create_commit(repo_id, operations, commit_message=message, repo_type=DATASET).oid


def _push_splits(prepared: PreparedDataset, repo_id: str) -> None:
    beside = prepared.folder.absolute().parent
    with quiet_datasets(), tempfile.TemporaryDirectory(prefix=".vitrine-push-", dir=beside) as cache:
        encoded = {name: _encode_split(split, name, cache) for name, split in prepared.splits.items()}
        datasets.DatasetDict(encoded).push_to_hub(repo_id, commit_message="Pictures")


def _encode_split(split: datasets.Dataset, name: str, cache: str) -> datasets.Dataset:
    """The split with its pictures as PNG: the same pixels, in a format that every program and page shows."""
    stored = split.cast_column("image", datasets.Image(decode=False))

    def rows(name: str) -> Iterator[dict[str, Any]]:
        del name  # tells the splits apart in the cache
        pictures = map_ahead(_to_png, (row["image"]["bytes"] for row in stored.select_columns(["image"])))
        for row, picture in zip(stored.remove_columns(["image"]), pictures, strict=True):
            path = PurePosixPath(row["file"]).with_suffix(".png").name
            yield row | {"image": {"bytes": picture, "path": path}}

    return datasets.Dataset.from_generator(
        rows, gen_kwargs={"name": name}, features=split.features, cache_dir=cache, split=name, fingerprint=name
    )


def _to_png(picture: bytes) -> bytes:
    if not picture.startswith(PLAIN_PIXELS):
        return picture
    stream = BytesIO()
    Image.open(BytesIO(picture)).save(stream, "PNG")
    return stream.getvalue()
