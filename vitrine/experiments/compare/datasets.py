"""The prepared data sets of a comparison: which variants share one, where each lies, and what its content is."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vitrine.config.aliases import LATER, first_names, says_what_was
from vitrine.config.recipe import Recipe
from vitrine.data.manifest.split_names import GATE, TEST
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.experiments.compare.file import Comparison, Variant
from vitrine.invocation import command_line
from vitrine.records.locks import hold_lock
from vitrine.records.manifest import read_manifest
from vitrine.records.prepared import FACTS, read_facts
from vitrine.training.matching_data import SOURCE, find_differences, settings_of, stated_names


@dataclass(frozen=True)
class DataSet:
    """A prepared data set that some variants use.

    Attributes:
        folder: where it lies, or will lie.
        variants: names of those that use it.
        recipe: of the first of them, with `data.prepared` set; for preparing it.
        is_there: whether it need not be prepared.
    """

    folder: Path
    variants: tuple[str, ...]
    recipe: Recipe
    is_there: bool


def find_data_sets(comparison: Comparison) -> list[DataSet]:
    """One for each way in which the variants want their pictures, found where train.py would look, or planned.

    Raises:
        UserError: a folder that a recipe names holds a data set with other settings.
    """
    found: dict[str, DataSet] = {}
    for variant in comparison.variants:
        wanted = settings_of(variant.recipe).content()
        key = json.dumps([variant.recipe.data.prepared, wanted], sort_keys=True)
        if key in found:
            found[key] = replace(found[key], variants=(*found[key].variants, variant.name))
            continue
        taken = {one.folder for one in found.values() if not one.is_there}
        folder, is_there = _choose_folder(comparison, variant, wanted, taken)
        data = variant.recipe.data.model_copy(update={"prepared": str(folder)})
        found[key] = DataSet(folder, (variant.name,), variant.recipe.model_copy(update={"data": data}), is_there)
    return list(found.values())


def _choose_folder(
    comparison: Comparison, variant: Variant, wanted: dict[str, object], taken: set[Path]
) -> tuple[Path, bool]:
    if variant.recipe.data.prepared is not None:
        folder = make_local(variant.recipe.prepared_folder)
        is_there = (folder / FACTS).exists()
        different = find_differences(variant.recipe, read_facts(folder).settings) if is_there else {}
        if not variant.names_source:  # a data set that is named says where its pictures came from, as for train.py
            different.pop(SOURCE, None)
        if different:
            raise UserError(
                f"variants.{variant.name}: {folder} was prepared with other settings "
                f"({'; '.join(different.values())}). Leave data.prepared out, so that each variant has its own, or run "
                f"`{command_line('prepare')}` again"
            )
        return folder, is_there
    names = (variant.data_name, comparison.name, f"{comparison.name}_{variant.name}")
    folders = [Path("prepared") / name for name in names]
    unstated = set() if variant.names_source else {SOURCE}
    if not any(LATER.keys() & set(stated_names(each.recipe)) for each in comparison.variants):
        unstated |= LATER.keys()  # a comparison that an earlier build began goes on with the data set that it made
    for folder in folders:
        if (folder / FACTS).exists() and _has_content(folder, wanted, unstated):
            return folder, True
    free = next((folder for folder in folders[1:] if not folder.exists() and folder not in taken), None)
    if free is None:
        raise UserError(
            f"variants.{variant.name}: {folders[1]} and {folders[2]} hold data sets with other settings; remove one of "
            "them, or set name or data.prepared"
        )
    return free, False


def _has_content(folder: Path, wanted: dict[str, object], unstated: set[str]) -> bool:
    """Whether a prepared data set is what would be prepared, but for what nobody stated."""
    stored = read_facts(folder).settings.content()
    return all(
        wanted[name] == stored[name] or (name in unstated and (name == SOURCE or says_what_was(name, stored[name])))
        for name in stored
    )


def prepare_missing(
    comparison: Comparison, runs: Path, prepare: Callable[[Recipe], object], say: Callable[[str], None]
) -> dict[str, Path]:
    """Prepares what is missing, once for all variants that want the same.

    Args:
        comparison: with its variants.
        runs: folder of the comparison; machines that share it wait for each other.
        prepare: writes the prepared data set of a recipe.
        say: told what is done.

    Returns:
        The folder of each variant's prepared data set.

    Raises:
        UserError: pictures cannot be prepared, or a data set has other settings than its variant.
    """
    if all(one.is_there for one in find_data_sets(comparison)):
        return _by_variant(find_data_sets(comparison))
    with hold_lock(runs / ".prepare.lock"):
        for one in find_data_sets(comparison):  # another machine may have prepared some in the meantime
            if not one.is_there:
                say(f"preparing {one.folder} for {', '.join(one.variants)}")
                prepare(one.recipe)
        return _by_variant(find_data_sets(comparison))


def _by_variant(data_sets: Sequence[DataSet]) -> dict[str, Path]:
    return {name: one.folder for one in data_sets for name in one.variants}


def fingerprint_data(folder: Path) -> str:
    """A digest of which pictures are used, under which label and in which split, and of what was done to them.

    The folds of a data set share one: which of them is for validation is part of the recipe.
    """
    settings = first_names(read_facts(folder).settings.content())
    settings.pop(SOURCE)
    for name in ("data.encoding", "data.group_by"):  # what they gave is in files, labels and split
        settings.pop(name)
    manifest = read_manifest(folder, ("file", "sha256", "label_name", "split", "fold", "status"))
    kept = manifest[manifest["status"] == "kept"].sort_values("file")
    folds = settings["data.folds"] is not None
    split = kept["split"].where(kept["split"].isin([TEST, GATE]), "inside") if folds else kept["split"]
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for column in (
        kept["file"],
        kept["sha256"],
        kept["label_name"],
        split,
        kept["fold"].astype(str) if folds else split,
    ):
        digest.update("\0".join(column.astype(str)).encode())
        digest.update(b"\n")
    return digest.hexdigest()
