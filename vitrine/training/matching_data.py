"""A recipe and the prepared data set that it is trained on: what the one does not state is taken from the other."""

import logging
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ValidationError

from vitrine.config.loading import describe_fault
from vitrine.config.recipe import Recipe
from vitrine.data.prepared.dataset import PreparedDataset, open_prepared, open_streamed
from vitrine.data.prepared.local_copy import make_local
from vitrine.errors import UserError
from vitrine.invocation import command_line
from vitrine.records.prepared import Settings, check_files

SOURCE = "data.source"


def open_matching_data(recipe: Recipe) -> tuple[PreparedDataset, Recipe]:
    """Opens the prepared data set of a recipe, and says in one line what the recipe leaves to it.

    Returns:
        The data set, and the recipe with everything that the data set was made with; see `adopt_settings`.

    Raises:
        UserError: there is none, some file of it is damaged, or it was made with other settings than the recipe states;
            the message lists them.
    """
    if recipe.engine.reading == "streamed":
        prepared = open_streamed(recipe.prepared_folder)
    else:
        prepared = open_prepared(make_local(recipe.prepared_folder, full=True), _stated_fold(recipe))
    check_files(prepared.folder, prepared.facts, full=True)  # hours may follow: a flipped bit is better found before
    adopted = adopt_settings(recipe, prepared.facts.settings, prepared.folder)
    before, now = settings_of(recipe).content(), settings_of(adopted).content()
    taken = [f"{name}={now[name]}" for name in now if name != SOURCE and now[name] != before[name]]
    if taken:
        logging.getLogger(__name__).warning("note: as %s was prepared: %s", prepared.folder, ", ".join(taken))
    return prepared, adopted


def settings_of(recipe: Recipe) -> Settings:
    """What of a recipe decides the content of a prepared data set."""
    return Settings(data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation)


def adopt_settings(recipe: Recipe, stored: Settings, folder: Path) -> Recipe:
    """The recipe with the settings of a prepared data set wherever it states none.

    Args:
        recipe: may state some settings, all or none; its source, which need not be repeated, is not compared.
        stored: settings that the data set was made with.
        folder: of the data set, for messages.

    Raises:
        UserError: the recipe states something else; or what it states beside goes with no such data set.
    """
    different = [one for name, one in find_differences(recipe, stored).items() if name != SOURCE]
    if different:
        raise UserError(
            f"{folder} was prepared with other settings ({'; '.join(different)}). Leave out of the recipe what the "
            f"data set decides, or run `{command_line('prepare')}` with this recipe again"
        )
    own = {"prepared": recipe.data.prepared, "keep_split": recipe.data.keep_split, "fold": _stated_fold(recipe)}
    sections = {
        "data": stored.data.model_copy(update={name: value for name, value in own.items() if value is not None}),
        "labels": stored.labels,
        "checks": stored.checks,
        "preparation": stored.preparation,
    }
    try:
        return Recipe.model_validate(recipe.model_copy(update=sections).model_dump())
    except ValidationError as error:
        faults = "; ".join(describe_fault(details) for details in error.errors())
        raise UserError(f"{recipe.name}: does not go with the data set {folder}: {faults}") from None


def find_differences(recipe: Recipe, stored: Settings) -> dict[str, str]:
    """By dotted name, in words: what a recipe states and a prepared data set has otherwise."""
    stated = set(stated_names(recipe))
    wanted, there = settings_of(recipe).content(), stored.content()
    return {
        name: f"{name} is {wanted[name]}, not {there[name]}"
        for name in there
        if name in stated and wanted[name] != there[name]
    }


def _stated_fold(recipe: Recipe) -> int | None:
    """Which fold is for validation, where the recipe says so; it need not be the one of the data set."""
    return recipe.data.fold if "fold" in recipe.data.model_fields_set else None


def stated_names(section: BaseModel, prefix: str = "") -> Iterator[str]:
    """Dotted names of the parameters that somebody gave, be it with the value that they have by default."""
    for name in section.model_fields_set:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from stated_names(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
