"""A comparison file: which variants of a recipe are held against each other, checked whole before the first run."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from vitrine.config.loading import (
    describe_fault,
    load_recipe,
    read_yaml,
    write_overrides,
)
from vitrine.config.recipe import Name, Recipe
from vitrine.config.yaml_reader import parse_yaml, yaml_problem
from vitrine.errors import UserError

# Of a comparison; every other name on the command line is a parameter of all variants.
OWN_NAMES = ("name", "question", "recipe", "variants", "seeds", "folds", "reference")
NOT_OF_VARIANTS = {
    "name": "the comparison has a name",
    "engine.seed": "'seeds' of the comparison says which",
    "data.folds": "'folds' of the comparison says how many",
    "data.fold": "each fold has its turn",
}


def _to_overrides(value: object) -> object:
    """A mapping of (dotted) names, or a list of `name=value`, becomes a list of `name=value`."""
    if value is None:
        return []
    return list(write_overrides(value)) if isinstance(value, Mapping) else value


Overrides = Annotated[tuple[str, ...], Field(strict=False), BeforeValidator(_to_overrides)]
Seed = Annotated[int, Field(ge=0)]


class ComparisonFile(BaseModel):
    """The content of a comparison file, its variants not yet resolved."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Name = Field(description="names runs/<name>; the file's stem where it says none")
    question: str = Field("", description="what one wants to know, for the head of the page")
    recipe: str = Field(description="base recipe, as a path from the file or from the current folder")
    variants: dict[Name, Overrides] = Field(
        min_length=1,
        description="what each changes in it: {optim.epochs: 3} or [optim.epochs=3]; 'recipe' names another base",
    )
    seeds: Annotated[tuple[Seed, ...], Field(strict=False, min_length=1)] = Field(
        (0, 1, 2, 3, 4), description="each variant is trained once with each"
    )
    folds: Annotated[int, Field(ge=2, le=20)] | None = Field(
        None, description="of a k-fold comparison; each variant is trained once with each fold and seed"
    )
    reference: str | None = Field(
        None, description="the variant that the others are held against; the first where it is not given"
    )
    data: dict[str, Any] = Field({}, description="parameters of the section 'data', for all variants")
    overrides: Overrides = Field((), description="parameters of any section, for all variants")


@dataclass(frozen=True)
class Variant:
    """One of the things compared.

    Attributes:
        name: unique in the comparison.
        recipe: resolved; seed and fold are set for each run.
        data_name: name of the base recipe, under which its pictures may be prepared already.
        names_source: whether somebody chose `data.source` for this comparison; else a prepared data set that is there
            may come from elsewhere, as for train.py.
    """

    name: str
    recipe: Recipe
    data_name: str
    names_source: bool


@dataclass(frozen=True)
class Comparison:
    """A checked comparison; attributes as in `ComparisonFile`."""

    name: str
    question: str
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    folds: int | None
    reference: str


def load_comparison(path: Path, overrides: Sequence[str] = ()) -> Comparison:
    """Reads a comparison and resolves all its variants.

    Args:
        path: YAML file.
        overrides: `seeds=[0, 1]` and other names of a comparison; `variants.NAME.section.parameter=value` for one
            variant; `section.parameter=value` for all.

    Raises:
        UserError: one message that lists every fault of file, base recipes and variants.
    """
    return check_comparison({"name": path.stem} | read_yaml(path, "comparison"), path, overrides)


def check_comparison(given: Mapping[str, Any], path: Path, overrides: Sequence[str] = ()) -> Comparison:
    """As `load_comparison`, with the content of the file at hand.

    Args:
        given: names and values of `ComparisonFile`.
        path: of the file, or what stands for it in messages; base recipes are looked for beside it.
        overrides: see `load_comparison`.

    Raises:
        UserError: one message that lists every fault.
    """
    values = dict(given)
    own, for_variants, for_all = _sort_overrides(overrides)
    faults: list[str] = []
    for name, text in own:
        try:
            values[name] = parse_yaml(text)
        except yaml.YAMLError as error:
            faults.append(f"{name}={text}: the value is not valid YAML: {yaml_problem(error)}")
    file = None
    try:
        file = ComparisonFile.model_validate(values)
    except ValidationError as error:
        faults += [describe_fault(details, _suggest_own_name) for details in error.errors()]
    if file is not None:
        faults += _check_own_rules(file, for_variants, for_all)
    variants: list[Variant] = []
    if file is not None and not faults:
        variants, faults = _resolve(path, file, for_variants, for_all)
        faults += _find_equal_variants(variants)
    if file is None or faults:
        raise UserError("\n  ".join([f"{path}:", *faults]))
    reference = file.reference or next(iter(file.variants))
    return Comparison(file.name, file.question, tuple(variants), file.seeds, file.folds, reference)


def _sort_overrides(overrides: Sequence[str]) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    """Own values as (name, text); then what stands behind `variants.`; then what is for all."""
    own: list[tuple[str, str]] = []
    for_variants, for_all = [], []
    for override in overrides:
        dotted, _, text = override.partition("=")
        if dotted.startswith("variants."):
            for_variants.append(override.removeprefix("variants."))
        elif dotted in OWN_NAMES:
            own.append((dotted, text))
        else:
            for_all.append(override)
    return own, for_variants, for_all


def _suggest_own_name(place: str) -> str:
    close = difflib.get_close_matches(place, ComparisonFile.model_fields, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(ComparisonFile.model_fields)}"


def _check_own_rules(file: ComparisonFile, for_variants: Sequence[str], for_all: Sequence[str]) -> list[str]:
    """What the types of the fields cannot say."""
    faults = []
    if len(set(file.seeds)) < len(file.seeds):
        faults.append(f"seeds: a seed is there twice, and would be the same run twice (got {list(file.seeds)})")
    if file.reference is not None and file.reference not in file.variants:
        faults.append(f"reference: there is no variant '{file.reference}'{_suggest_variant(file.reference, file)}")
    for override in for_variants:
        if _split_variant(override, file) is None:
            name = override.partition("=")[0].partition(".")[0]
            faults.append(f"variants.{override}: there is no variant '{name}'{_suggest_variant(name, file)}")
    set_by = {_name_of(one): name for name, ones in file.variants.items() for one in ones}
    for override in for_all:
        if (dotted := _name_of(override)) in set_by:
            faults.append(
                f"{override}: the variants set {dotted} themselves; write variants.{set_by[dotted]}.{override}, or "
                "change the file"
            )
    return faults


def _suggest_variant(name: str, file: ComparisonFile) -> str:
    close = difflib.get_close_matches(name, file.variants, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(file.variants)}"


def _name_of(override: str) -> str:
    return override.partition("=")[0].strip()


def _split_variant(override: str, file: ComparisonFile) -> tuple[str, str] | None:
    """`NAME.section.parameter=value` as name and override; names may hold dots, the longest that fits counts."""
    fitting = [name for name in file.variants if override.startswith(f"{name}.")]
    name = max(fitting, key=len, default=None)
    return None if name is None else (name, override.removeprefix(f"{name}."))


def _resolve(
    path: Path, file: ComparisonFile, for_variants: Sequence[str], for_all: Sequence[str]
) -> tuple[list[Variant], list[str]]:
    """The variants that are sound, and the faults of the others; what is wrong for all of them is said once."""
    shared = [*write_overrides({"data": file.data}), *file.overrides, *for_all]
    faults = _find_forbidden(shared)
    shared += [] if file.folds is None else [f"data.folds={file.folds}"]
    own = {name: list(ones) for name, ones in file.variants.items()}
    for override in for_variants:
        name, change = _split_variant(override, file) or ("", "")
        own[name].append(change)
    variants = []
    for name, ones in own.items():
        base = _base_of(path, file, ones)
        recipe, wrong = _load_variant(base, [*shared, *ones])
        common = _load_variant(base, shared)[1] if wrong else []
        faults += [fault for fault in wrong if fault in common]
        wrong = _find_forbidden(ones) + [fault for fault in wrong if fault not in common]
        faults += [f"variants.{name}: {fault}" for fault in wrong]
        if recipe is not None:
            named = recipe.model_copy(update={"name": file.name})
            names_source = "data.source" in map(_name_of, (*shared, *ones))
            variants.append(Variant(name, named, base.stem, names_source))
    return variants, list(dict.fromkeys(faults))


def _find_forbidden(overrides: Sequence[str]) -> list[str]:
    return [
        f"{one}: not here, since {NOT_OF_VARIANTS[name]}"
        for one in overrides
        if (name := _name_of(one)) in NOT_OF_VARIANTS
    ]


def _base_of(path: Path, file: ComparisonFile, ones: Sequence[str]) -> Path:
    """The base recipe of a variant: beside the comparison file, or from the current folder."""
    given = next((one.partition("=")[2] for one in reversed(ones) if _name_of(one) == "recipe"), file.recipe)
    recipe = Path(given).expanduser()
    beside = path.parent / recipe
    return beside if beside.exists() or not recipe.exists() else recipe


def _load_variant(base: Path, overrides: Sequence[str]) -> tuple[Recipe | None, list[str]]:
    """The recipe, or what is wrong with it, one fault each."""
    try:
        return load_recipe(base, [one for one in overrides if _name_of(one) != "recipe"]), []
    except UserError as error:
        first, *faults = str(error).split("\n  ")
        return None, faults or [first]


def _find_equal_variants(variants: Sequence[Variant]) -> list[str]:
    faults = []
    for place, variant in enumerate(variants):
        same = next((other for other in variants[:place] if other.recipe == variant.recipe), None)
        if same is not None:
            faults.append(
                f"variants.{variant.name}: the same as '{same.name}', in every parameter; change one, or take it out"
            )
    return faults
