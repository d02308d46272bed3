"""A search file: which parameters of a recipe are searched, between which values, checked before the first trial."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from vitrine.config.aliases import current_name, rename_parameters
from vitrine.config.loading import describe_fault, load_recipe, read_yaml
from vitrine.config.recipe import Name, Recipe
from vitrine.config.section import Section, Switch, read_nothing
from vitrine.config.yaml_reader import parse_yaml, yaml_problem
from vitrine.errors import UserError
from vitrine.experiments.search.space import SearchedParameter, build_space, change_recipe, find_dead_values

Objective = Literal["validation_loss", "validation_accuracy"]
Seed = Annotated[int, Field(ge=0)]


class ParameterSpec(Section):
    """What one parameter may be: a range, or a list of choices."""

    low: int | float | None = Field(None, description="smallest value")
    high: int | float | None = Field(None, description="largest value")
    log: Switch = Field(False, description="each factor equally likely instead of each difference; for rates")
    step: int | float | None = Field(None, gt=0, description="distance of the values, from low on")
    choices: Annotated[tuple[Any, ...], Field(strict=False, min_length=1)] | None = Field(
        None, description="values of any kind, lists too"
    )

    @model_validator(mode="after")
    def _is_a_range_or_choices(self) -> Self:
        if self.choices is not None:
            if self.low is not None or self.high is not None or self.step is not None or self.log:
                raise ValueError("give choices, or low and high, not both")
            return self
        if self.low is None or self.high is None:
            raise ValueError("give low and high, or choices")
        if self.low >= self.high:
            raise ValueError(f"low must be less than high (got {self.low:g} and {self.high:g})")
        if self.log and self.low <= 0:
            raise ValueError(f"log needs a low above 0 (got {self.low:g})")
        if self.log and self.step is not None:
            raise ValueError("log and step do not go together; take one of them out")
        if self.step is not None and self.step > self.high - self.low:
            raise ValueError(f"step must be at most high - low (got {self.step:g})")
        return self


class PrunerSection(Section):
    """Which trials are stopped before their last epoch."""

    method: Annotated[Literal["median", "hyperband", "none"], BeforeValidator(read_nothing)] = Field(
        "median",
        description="'median': where a trial's best validation loss so far is above the median of the others' at that "
        "epoch; 'hyperband': most trials get few epochs, the best of them more; 'none'",
    )
    startup_trials: int = Field(5, ge=0, description="trials before 'median' stops any")
    warmup_epochs: int = Field(1, ge=1, description="epochs that every trial gets")


class SearchFile(Section):
    """The content of a search file."""

    name: Name = Field(description="names runs/search/<name>; the file's stem where it says none")
    recipe: str = Field(min_length=1, description="base recipe, as a path from the file or from the current folder")
    parameters: dict[str, ParameterSpec] = Field(min_length=1, description="ranges and choices by dotted name")
    trials: int = Field(30, ge=1, le=100_000, description="trials of the whole search; those of earlier calls count")
    minutes: float | None = Field(None, gt=0, description="no trial is started later after the command; null: no limit")
    epochs: int | None = Field(None, ge=1, description="of each trial; null: as many as the recipe's optim.epochs")
    objective: Objective = Field("validation_loss", description="what is made small or large: of a trial's best epoch")
    sampler_seed: Seed = Field(0, description="of the draws; the same seed gives the same trials")
    seeds: Annotated[tuple[Seed, ...], Field(strict=False)] = Field(
        (0, 1, 2), description="with which the recipe before and the best one are trained at the end; [] leaves it out"
    )
    pruner: PrunerSection = Field(PrunerSection(), description="which trials are stopped early")


@dataclass(frozen=True)
class Search:
    """A checked search.

    Attributes:
        file: as it was written, with what the command line changed.
        base: the recipe before the search.
        space: what is searched.
        epochs: of each trial.
    """

    file: SearchFile
    base: Recipe
    space: tuple[SearchedParameter, ...]
    epochs: int

    @property
    def name(self) -> str:
        """Of the search."""
        return self.file.name

    def trial_recipe(self, values: dict[str, Any]) -> Recipe:
        """The recipe that a trial with these values trains.

        Raises:
            UserError: the values do not go together.
        """
        own = {"optim.epochs": self.epochs, "engine.tracker": "none", "early_stopping.top": 0}
        return change_recipe(self.base, values | own | {"engine.budget_minutes": None})


def load_search(path: Path, overrides: Sequence[str] = ()) -> Search:
    """Reads and checks a search.

    Args:
        path: YAML file.
        overrides: `trials=10` and other names of a search; `section.parameter=value` for the base recipe; `name=dogs`
            for both, so that it means the data set prepared/dogs, as with every other command.

    Raises:
        UserError: one message that lists every fault of file, base recipe and ranges.
    """
    values: dict[str, Any] = {"name": path.stem} | read_yaml(path, "search")
    for_recipe, faults = _take_own(values, overrides)
    faults += _rename_parameters(values, path)
    file = None
    try:
        file = SearchFile.model_validate(values)
    except ValidationError as error:
        faults += [describe_fault(details, _suggest) for details in error.errors()]
    if file is None or faults:
        raise UserError("\n  ".join([f"{path}:", *faults]))
    searched = sorted(
        name for name in file.parameters if any(current_name(one.partition("=")[0]) == name for one in for_recipe)
    )
    if searched:
        raise UserError(f"{searched[0]}: is searched; change its range in {path} instead of giving a value")
    base = load_recipe(_find_base(path, file.recipe), for_recipe)
    specs = {name: spec.model_dump() for name, spec in file.parameters.items()}
    space, faults = build_space(specs)
    faults += _check_seeds(file.seeds)
    search = Search(file, base, tuple(space), file.epochs or base.optim.epochs)
    if not faults:
        faults += _check_together(search)
    if faults:
        raise UserError("\n  ".join([f"{path}:", *faults]))
    return search


def _rename_parameters(values: dict[str, Any], path: Path) -> list[str]:
    """Reads old names of parameters as today's, with a line on each; returns faults."""
    given = values.get("parameters")
    if not isinstance(given, dict):
        return []
    try:
        values["parameters"] = rename_parameters(given, str(path))
    except ValueError as error:
        return [f"parameters.{error}"]
    return []


def _take_own(values: dict[str, Any], overrides: Sequence[str]) -> tuple[list[str], list[str]]:
    """Puts what is the search's own into its values; returns what is for the recipe, and faults."""
    for_recipe, faults = [], []
    for override in overrides:
        name, equals, text = override.partition("=")
        first, _, second = name.partition(".")
        is_own = name in SearchFile.model_fields or (first == "pruner" and second)
        if not is_own or not equals or name == "name":
            for_recipe.append(override)
        if not is_own or not equals:
            continue
        try:
            value = parse_yaml(text)
        except yaml.YAMLError as error:
            faults.append(f"{override}: the value is not valid YAML: {yaml_problem(error)}")
            continue
        if second:
            values[first] = dict(values.get(first) or {}) | {second: value}
        else:
            values[name] = value
    return for_recipe, faults


def _suggest(place: str) -> str:
    section, _, last = place.rpartition(".")
    known: list[str] = list(SearchFile.model_fields)
    if section == "pruner":
        known = list(PrunerSection.model_fields)
    elif section.startswith("parameters."):
        known = list(ParameterSpec.model_fields)
    close = difflib.get_close_matches(last, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"


def _find_base(path: Path, given: str) -> Path:
    """The base recipe: beside the search file, or from the current folder."""
    recipe = Path(given).expanduser()
    beside = path.parent / recipe
    return beside if beside.exists() or not recipe.exists() else recipe


def _check_seeds(seeds: Sequence[int]) -> list[str]:
    return [f"seeds: a seed is there twice (got {list(seeds)})"] if len(set(seeds)) < len(seeds) else []


def _check_together(search: Search) -> list[str]:
    """Whether the trials' recipes can be sound at all."""
    try:
        change_recipe(search.base, {"optim.epochs": search.epochs})
    except UserError as error:
        return [f"epochs: {error}"]
    return find_dead_values(search.base, search.space, search.epochs)
