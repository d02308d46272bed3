"""From a folder of pictures to a prepared data set: find, check, choose classes, split, squash, write."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from shutil import rmtree

import datasets
import pandas as pd
from torchvision.transforms.v2 import functional as F  # noqa: N812 (torchvision's own name for it)

from vitrine.data.manifest import KEPT, LEFT_OUT, QUARANTINED, count_status, scan_files, set_status
from vitrine.data.preparation import PictureError, Preparation, open_picture, prepare_square
from vitrine.data.prepared import (
    FACTS,
    MANIFEST,
    MANIFEST_FOR_PEOPLE,
    PICTURES,
    PreparedFacts,
    Settings,
)
from vitrine.data.sources import FoundFile, find_files
from vitrine.data.split import SPLITS, TEST, TRAIN, VALIDATION, assign_splits
from vitrine.data.threads import map_ahead
from vitrine.errors import UserError
from vitrine.records.atomic import write_text
from vitrine.records.environment import now

Progress = Callable[[str, int, int], None]


def write_prepared(
    folder: Path, name: str, source: Path, settings: Settings, progress: Progress = lambda *_: None
) -> PreparedFacts:
    """Fills an empty folder with the prepared data set of a folder of pictures.

    Args:
        folder: exists and is empty.
        name: name of the data set.
        source: folder of pictures.
        settings: how to prepare them.
        progress: called with (what, done, total).

    Raises:
        UserError: the source cannot be read, or nothing sensible could be trained on it.
    """
    found = find_files(source, settings.data.layout)
    done = 0

    def count(files: int) -> None:
        nonlocal done
        done += files
        progress("checking", done, len(found))

    manifest = scan_files(found, settings.data.max_megapixels, count)
    notes = _choose_classes(manifest, source)
    kept = manifest["status"] == KEPT
    manifest.loc[kept, "split"] = assign_splits(
        manifest["file"][kept].tolist(),
        manifest["label_name"][kept].tolist(),
        manifest["split"][kept].tolist(),
        settings.data.validation_fraction,
        settings.data.test_fraction,
        settings.data.split_seed,
    )
    manifest.loc[~kept, "split"] = ""
    notes += _check_splits(manifest[kept], source)
    facts = _gather_facts(manifest, notes, name, source, settings)
    _write_pictures(folder, manifest[kept], {file.file: file for file in found}, facts, progress)
    manifest.to_parquet(folder / MANIFEST, index=False)
    manifest.to_csv(folder / MANIFEST_FOR_PEOPLE, index=False)
    write_text(folder / FACTS, facts.model_dump_json(indent=2))
    return facts


def _choose_classes(manifest: pd.DataFrame, source: Path) -> list[str]:
    """Leaves out classes that cannot be learned; returns notes about them.

    Raises:
        UserError: fewer than two classes are left.
    """
    kept = manifest["status"] == KEPT
    usable = set(manifest.loc[kept, "label_name"])
    trainable = set(manifest.loc[kept & manifest["split"].isin(["", TRAIN]), "label_name"])
    if len(trainable) < 2:
        raise UserError(
            f"data.source: {source} has {_what_is_missing(manifest[kept], trainable, source)}{_first_reasons(manifest)}"
        )
    notes = _look_alikes(set(manifest["label_name"]))
    for label_name in sorted(usable - trainable):
        rows = kept & (manifest["label_name"] == label_name)
        set_status(manifest, rows, LEFT_OUT, "its class has no training picture")
        pictures = "picture is" if rows.sum() == 1 else "pictures are"
        notes.append(f"Class '{label_name}' has nothing to train on: its {rows.sum():,} {pictures} left out.")
    for label_name in sorted(set(manifest["label_name"]) - usable - {""}):
        notes.append(f"Class '{label_name}' has no picture that can be used: it is left out.")
    return notes


def _what_is_missing(kept: pd.DataFrame, trainable: set[str], source: Path) -> str:
    """Why there are not two classes to train on, and what to do."""
    if len(kept) and not trainable:
        return "pictures for validation and test only; put those to train on into train/<class>"
    if not trainable:
        return "no picture that can be used; a classifier needs one folder with pictures for each class"
    (only,) = trainable
    message = f"one class only ('{only}'); a classifier needs at least two, each a folder with pictures"
    deeper = kept["file"].str.split("/").map(lambda parts: parts[1] if len(parts) > 2 else "")
    if (kept["split"] == "").all() and deeper.nunique() > 1:
        message += f". If the folders within '{only}' are the classes, give data.source={source / only}"
    return message


def _look_alikes(label_names: set[str]) -> list[str]:
    """Notes about names that people would take for one class."""
    same: dict[str, list[str]] = defaultdict(list)
    for label_name in sorted(label_names):
        same[unicodedata.normalize("NFKC", label_name).casefold().strip()].append(label_name)
    return [
        f"Classes {' and '.join(map(repr, names))} differ in capitals, blanks or accents only: if they are one class, "
        "put their pictures into one folder."
        for names in same.values()
        if len(names) > 1
    ]


def _first_reasons(manifest: pd.DataFrame) -> str:
    """The most frequent reasons why files are not used, to end a message with."""
    reasons = manifest.loc[manifest["status"] != KEPT, "reason"].value_counts()
    listed = "".join(f"\n  {count:,} x {reason}" for reason, count in reasons.head(5).items())
    return f". Files not used:{listed}" if listed else ""


def _check_splits(kept: pd.DataFrame, source: Path) -> list[str]:
    """Notes about classes that are missing somewhere.

    Raises:
        UserError: validation or test have no picture at all.
    """
    counts = pd.crosstab(kept["label_name"], kept["split"]).reindex(columns=list(SPLITS), fill_value=0)
    for split in (VALIDATION, TEST):
        if counts[split].sum() == 0:
            raise UserError(
                f"data.source: {source} has too few pictures: none is left for the {split} split. "
                "Give at least one class three pictures (better: every class twenty or more)"
            )
    notes = []
    for label_name, row in counts.iterrows():
        missing = [split for split in (VALIDATION, TEST) if row[split] == 0]
        if missing:
            pictures = "1 picture" if row.sum() == 1 else f"{row.sum():,} pictures"
            cannot = "it is trained on but cannot be tested" if TEST in missing else "it cannot steer the training"
            notes.append(f"Class '{label_name}' has {pictures}, none for {' and '.join(missing)}: {cannot}.")
    return notes


def _gather_facts(
    manifest: pd.DataFrame, notes: list[str], name: str, source: Path, settings: Settings
) -> PreparedFacts:
    kept = manifest[manifest["status"] == KEPT]
    label_names = sorted(kept["label_name"].unique())
    counts = pd.crosstab(kept["split"], kept["label_name"]).reindex(list(SPLITS))[label_names].to_numpy(int)
    status = count_status(manifest)
    return PreparedFacts(
        format=1,
        name=name,
        label_names=label_names,
        image_size=settings.data.image_size,
        files_found=len(manifest),
        files_kept=status[KEPT],
        files_quarantined=status[QUARANTINED],
        files_left_out=status[LEFT_OUT],
        counts={
            split: dict(zip(label_names, row, strict=True)) for split, row in zip(SPLITS, counts.tolist(), strict=True)
        },
        notes=notes,
        source=str(source),
        created=now(),
        settings=settings,
    )


def _write_pictures(
    folder: Path, kept: pd.DataFrame, files: dict[str, FoundFile], facts: PreparedFacts, progress: Progress
) -> None:
    features = datasets.Features(
        image=datasets.Image(),
        label=datasets.ClassLabel(names=facts.label_names),
        file=datasets.Value("string"),
        width=datasets.Value("int32"),
        height=datasets.Value("int32"),
    )
    # from_generator writes to a cache first; here, where it is removed and takes no room elsewhere.
    cache = folder / "cache"
    bars = datasets.utils.logging.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    done = 0

    def rows(split: str) -> Iterator[dict[str, object]]:
        nonlocal done
        chosen = kept[kept["split"] == split]
        squares = map_ahead(lambda file: _squash(files[file].path, facts.settings), chosen["file"])
        columns = (chosen["label_name"], chosen["file"], chosen["width"], chosen["height"])
        for picture, label, file, width, height in zip(squares, *columns, strict=True):
            done += 1
            progress("resizing", done, len(kept))
            image = {"bytes": picture, "path": None}
            yield {"image": image, "label": label, "file": file, "width": width, "height": height}

    try:
        splits = {
            split: datasets.Dataset.from_generator(
                rows,
                gen_kwargs={"split": split},
                features=features,
                cache_dir=str(cache),
                split=split,
                fingerprint=split,
            )
            for split in SPLITS
        }
        datasets.DatasetDict(splits).save_to_disk(folder / PICTURES)
    except datasets.exceptions.DatasetGenerationError as error:
        raise error.__cause__ or error from None  # a full disk, or a file that changed meanwhile
    finally:
        if bars:
            datasets.enable_progress_bars()
    del splits
    rmtree(cache)


def _squash(path: Path, settings: Settings) -> bytes:
    """The picture as PPM, a header and the plain pixels: lossless, and read without decoding (PNG: 500 a second)."""
    preparation = Preparation.from_section(settings.preparation)
    try:
        picture = open_picture(path, settings.data.max_megapixels, preparation.ground)
        square = F.to_pil_image(prepare_square(picture, settings.data.image_size, preparation))
    except (PictureError, OSError) as error:
        raise UserError(f"{path} changed while it was read ({error}); run data_prep.py again") from error
    stream = BytesIO()
    square.save(stream, "PPM")
    return stream.getvalue()
