"""The space of a search: what each parameter may be, and how its values come into a recipe."""

import json
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from vitrine.config.aliases import FIRST_NAMES
from vitrine.config.loading import describe_fault, parameter_names
from vitrine.config.recipe import Recipe
from vitrine.config.suited import suit, training_kind
from vitrine.errors import UserError

SEARCHABLE = ("model", "augmentation", "imbalance", "optim", "early_stopping")
DRAWS = 200  # of the other parameters, before a value is said to fit none of them

Kind = Literal["float", "int", "choice"]


@dataclass(frozen=True)
class SearchedParameter:
    """One parameter and what it may be.

    Attributes:
        name: dotted.
        kind: of its values.
        low: smallest value; of choices 0.
        high: largest value; of choices 0.
        is_log: whether each factor is equally likely.
        step: distance of the values, None for any.
        choices: of kind 'choice'.
    """

    name: str
    kind: Kind
    low: float = 0
    high: float = 0
    is_log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def stored_name(self) -> str:
        """What the study calls it: its first name, so that a search of an earlier version goes on."""
        return FIRST_NAMES.get(self.name, self.name)

    @property
    def labels(self) -> tuple[str, ...]:
        """The choices as text, which is what the study stores: a database takes no lists."""
        return tuple(map(write_value, self.choices))

    @property
    def words(self) -> str:
        """The range in words."""
        if self.kind == "choice":
            return " | ".join(self.labels)
        extra = ", logarithmic" if self.is_log else f", step {self.step:g}" if self.step not in (None, 1) else ""
        return f"{write_value(self.low)} to {write_value(self.high)}{extra}"

    @property
    def extremes(self) -> tuple[Any, ...]:
        """Both ends, or all choices."""
        return self.choices if self.kind == "choice" else (self.low, self.high)

    def read(self, stored: Any) -> Any:
        """The value for a recipe of what the study stores."""
        return self.choices[self.labels.index(stored)] if self.kind == "choice" else stored

    def store(self, value: Any) -> Any:
        """The contrary of `read`; None where the value lies outside."""
        if self.kind == "choice":
            label = write_value(value)
            return label if label in self.labels else None
        if not isinstance(value, int | float) or isinstance(value, bool) or not self.low <= value <= self.high:
            return None
        steps = 0.0 if self.step is None else (value - self.low) / self.step
        return value if math.isclose(steps, round(steps), abs_tol=1e-9) else None

    def draw(self, generator: random.Random) -> Any:
        """A value of the recipe by chance."""
        if self.kind == "choice":
            return generator.choice(self.choices)
        if self.is_log:
            value = math.exp(generator.uniform(math.log(self.low), math.log(self.high)))
        elif self.step is not None:
            value = self.low + self.step * generator.randint(0, math.floor((self.high - self.low) / self.step + 1e-9))
        else:
            value = generator.uniform(self.low, self.high)
        return round(value) if self.kind == "int" else min(max(value, self.low), self.high)


def write_value(value: Any) -> str:
    """A value as a recipe writes it: `[32, 64]`, `adamw`, `0.001`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def build_space(specs: Mapping[str, Mapping[str, Any]]) -> tuple[list[SearchedParameter], list[str]]:
    """Checks each parameter against the schema of recipes.

    Args:
        specs: fields of `ParameterSpec` by dotted name.

    Returns:
        The parameters, and every fault.
    """
    space, faults = [], []
    for name, spec in specs.items():
        fault = _check_name(name)
        if fault:
            faults.append(f"parameters.{fault}")
            continue
        parameter = _build(name, spec)
        faults += [f"parameters.{fault}" for value in parameter.extremes if (fault := find_fault(name, value))]
        labels = parameter.labels
        faults += [f"parameters.{name}: {label} is there twice" for label in {x for x in labels if labels.count(x) > 1}]
        space.append(parameter)
    return space, faults


def _check_name(name: str) -> str | None:
    names = parameter_names(Recipe)
    if any(other.startswith(f"{name}.") for other in names):
        return f"{name}: is a section; name its parameters"
    if name not in names:
        return find_fault(name, None)
    if name == "optim.epochs":
        return f"{name}: cannot be searched, since trials are compared epoch by epoch; set 'epochs' of the search"
    if name.split(".")[0] not in SEARCHABLE:
        return (
            f"{name}: cannot be searched; all trials share one prepared data set, one seed and one machine. "
            f"Parameters of {', '.join(SEARCHABLE[:-1])} and {SEARCHABLE[-1]} can"
        )
    return None


def _build(name: str, spec: Mapping[str, Any]) -> SearchedParameter:
    if spec["choices"] is not None:
        return SearchedParameter(name, "choice", choices=spec["choices"])
    low, high, step, is_log = spec["low"], spec["high"], spec["step"], spec["log"]
    numbers = [number for number in (low, high, step) if number is not None]
    wants_whole = find_fault(name, float(low)) is not None
    # 1 to 10 means 1, 2 ... 10 where the recipe wants whole numbers, and anything between where it does not.
    if wants_whole and all(isinstance(number, int) for number in numbers):
        return SearchedParameter(name, "int", low, high, is_log, None if is_log else step or 1)
    # Where the recipe wants whole numbers and other ones are given, they stay as they are, to be refused.
    low, high = (low, high) if wants_whole else (float(low), float(high))
    return SearchedParameter(name, "float", low, high, is_log, step)


def find_fault(name: str, value: Any) -> str | None:
    """What is wrong with a value of a parameter, whatever the others are."""
    values: Any = value
    for part in reversed(name.split(".")):
        values = {part: values}
    try:
        Recipe.model_validate(values)
    except ValidationError as error:
        for details in error.errors():
            place = ".".join(map(str, details["loc"]))
            if place == name or place.startswith(f"{name}."):
                return describe_fault(details)
            if name.startswith(f"{place}.") and details["type"] == "extra_forbidden":
                return f"{name}: {describe_fault(details).partition(': ')[2]}"
    return None


def change_recipe(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with other values, checked as a whole; epochs, rate and patience follow what is trained.

    Args:
        recipe: stays as it is.
        changes: values by dotted name.

    Raises:
        UserError: they do not go together; lists every fault.
    """
    values = recipe.model_dump()
    for dotted, value in changes.items():
        *sections, name = dotted.split(".")
        place = values
        for section in sections:
            place = place[section]
        place[name] = value
    suit(values, changes.keys(), training_kind(recipe.model_dump()))
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError("; ".join(describe_fault(details) for details in error.errors())) from None


def read_value(recipe: Recipe, name: str) -> Any:
    """The value of a dotted name."""
    place: Any = recipe
    for part in name.split("."):
        place = getattr(place, part)
    return list(place) if isinstance(place, tuple) else place


def find_dead_values(base: Recipe, space: Sequence[SearchedParameter], epochs: int) -> list[str]:
    """Ends and choices that go together with nothing, one fault each: every trial with them would fail.

    Args:
        base: the recipe that the values are put into.
        space: the parameters with their ranges.
        epochs: of a trial.
    """
    faults = []
    generator = random.Random(0)  # noqa: S311 (no secret)
    for parameter in space:
        for value in parameter.extremes:
            reason = ""
            for _ in range(DRAWS):
                others = {other.name: other.draw(generator) for other in space}
                try:
                    change_recipe(base, {"optim.epochs": epochs} | others | {parameter.name: value})
                except UserError as error:
                    reason = reason or str(error)
                    continue
                break
            else:
                faults.append(f"parameters.{parameter.name}: {write_value(value)} fits none of the others: {reason}")
    return faults
