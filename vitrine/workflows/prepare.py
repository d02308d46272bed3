"""From pictures to a prepared data set: checked, divided into splits and brought to one size, with its report."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitrine.config.data import BUILTIN_DIGITS
from vitrine.config.recipe import Recipe
from vitrine.errors import UserError
from vitrine.records.prepared import FACTS, PreparedFacts, Settings, read_facts
from vitrine.workflows.parameters import Place, build_recipe, short_name
from vitrine.workflows.progress import Show, show_nothing, show_progress

if TYPE_CHECKING:
    from vitrine.work.ranks import Ranks
    from vitrine.work.unit import Engine
    from vitrine.workflows.dataset import DataSet


def prepare(
    source: Place,
    /,
    *,
    name: str | None = None,
    image_size: int | None = None,
    recipe: Place | None = None,
    folder: Place | None = None,
    again: bool = False,
    progress: bool | None = None,
    **parameters: Any,
) -> "DataSet":
    """Checks pictures, divides them into training, validation and test, and brings them to one size.

    The source is never changed. Where nothing has changed since the last call there is nothing to do.

    Args:
        source: folder with one sub-folder per class, archive, table, `"hub:owner/name"` or `"builtin:digits"`.
        name: of the data set and its runs; None takes that of the recipe, or of the source.
        image_size: side of the square image that the network sees, in pixels; None: 224, or as the recipe says.
        recipe: YAML file; None takes the defaults.
        folder: to write; None: `prepared/<name>`.
        again: read every picture again, even if nothing has changed.
        progress: True shows bars, False shows nothing; None: bars on a terminal and in a notebook.
        **parameters: any other parameter of a recipe: `checks={"near_duplicates": False}`, or
            `**{"data.test_fraction": 0.2}`.

    Raises:
        UserError: the pictures cannot be prepared like this; the message says what to do.

    Example:
        >>> import vitrine
        >>> data = vitrine.prepare("pictures/colours", image_size=16, progress=False)
        >>> data.label_names
        ('blue', 'green', 'red')
        >>> len(data), str(data.report)
        (36, 'prepared/colours/report.html')
    """
    given: dict[str, Any] = {**parameters, "image_size": image_size, "data.source": source}
    if name is not None or recipe is None:
        given["name"] = name or name_source(str(source))
    if folder is not None:
        given["data.prepared"] = folder
    resolved = build_recipe(recipe, given)
    if name is None and folder is None and recipe is None:
        _check_same_source(resolved)
    from vitrine.data.prepare.unchanged import find_unchanged
    from vitrine.workflows.dataset import DataSet

    with show_progress(progress) as show:
        if again or find_unchanged(resolved.prepared_folder, read_settings(resolved), show) is None:
            write_data_set(resolved, show, again)
    return DataSet.open(resolved.prepared_folder)


def name_source(source: str) -> str:
    """A name for what lies at a source: that of the folder, or of the file without its suffix."""
    if source == BUILTIN_DIGITS:
        return "digits"
    path = Path(source).expanduser()
    name = short_name(path.with_name(path.name.split(".")[0] or path.name) if path.is_file() else source)
    return name.lstrip("._-") or "pictures"


def _check_same_source(recipe: Recipe) -> None:
    """Two folders of one name must not replace each other's data set where nobody chose that name."""
    folder = recipe.prepared_folder
    if not (folder / FACTS).exists():
        return
    stored = read_facts(folder).settings.data.source
    if Path(stored).expanduser().resolve() != Path(recipe.data.source).expanduser().resolve():
        raise UserError(
            f"{folder} was prepared from {stored}, not from {recipe.data.source}; give this one another name: "
            f'prepare(..., name="{recipe.name}_2")'
        )


def read_settings(recipe: Recipe) -> Settings:
    """What of a recipe decides a prepared data set.

    Raises:
        UserError: the data set would lie inside its source, or the source inside it, or at an address.
    """
    from vitrine.data.prepare.working_folder import check_place
    from vitrine.data.sources.addresses import address_of
    from vitrine.data.sources.source import find_kind

    if (address := address_of(recipe.prepared_folder)) is not None:
        raise UserError(
            f"data.prepared: {address} is in a store, and pictures are prepared on a disk; leave data.prepared out, "
            f"and copy prepared/{recipe.name} there when it is done"
        )
    if find_kind(recipe.data.source) not in ("hub", "digits", "address"):
        check_place(recipe.prepared_folder, Path(recipe.data.source).expanduser())
    return Settings(data=recipe.data, labels=recipe.labels, checks=recipe.checks, preparation=recipe.preparation)


def write_data_set(
    recipe: Recipe,
    progress: Show = show_nothing,
    again: bool = False,
    earlier: Path | None = None,
    engine: "Engine | None" = None,
    least_files: int = 0,
) -> PreparedFacts:
    """Writes the prepared data set of a recipe with its report and its card, whole or not at all.

    Args:
        recipe: says where it comes from and where it goes.
        progress: called with (what, done, total).
        again: read every picture again, even those of an earlier preparation that have not changed.
        earlier: data set whose split and pictures are taken over; None: the one that this one takes the place of.
        engine: reads the pictures and makes the squares, in shards that outlast an error; None: threads of this
            process.
        least_files: see `Spread`.

    Raises:
        UserError: the pictures cannot be prepared as the recipe says.
        AtWorkError: another process is at work on the same data set, or another rank of this job was.
    """
    from vitrine.data.prepare.pipeline import write_prepared  # seconds of imports
    from vitrine.data.prepare.scanning import Spread
    from vitrine.data.prepare.working_folder import AtWorkError, working_folder
    from vitrine.data.prepared.dataset import open_prepared
    from vitrine.records.manifest import read_unused
    from vitrine.reports.data.page import write_data_report
    from vitrine.ship.data_card import write_data_card
    from vitrine.work.ranks import LeadingRank

    final, settings = recipe.prepared_folder, read_settings(recipe)
    with working_folder(final) as folder:
        if isinstance(engine, LeadingRank) and not parts_folder(final).exists():
            raise AtWorkError(f"another rank has prepared {final}")
        earlier = earlier or (final if final.exists() else None)
        spread = Spread(engine, parts_folder(final), least_files) if engine is not None else None
        facts = write_prepared(folder, recipe.name, settings, progress, earlier, again, spread)
        write_data_report(folder, recipe.report.language)
        write_data_card(open_prepared(folder), read_unused(folder, ("reason",)))
        shutil.rmtree(parts_folder(final), ignore_errors=True)  # before another rank may begin
    return facts


def scan_as_rank(recipe: Recipe, ranks: "Ranks", progress: Show = show_nothing, again: bool = False) -> bool:
    """Reads the share of one rank of a job, but for what earlier preparations saw; its parts lie beside the data set.

    Ranks that were started together wait for each other.

    Args:
        recipe: says where the pictures are and where the data set goes, on a disk that all ranks share.
        ranks: which rank this is.
        progress: called with (what, done, total).
        again: see `write_data_set`.

    Returns:
        Whether all ranks are done, so that this one can go on with `write_data_set`.

    Raises:
        UserError: the pictures cannot be read as the recipe says.
    """
    from vitrine.data.manifest.scan_memory import ScanMemory
    from vitrine.data.prepare.reuse import list_scanned
    from vitrine.data.prepare.scanning import Spread, scan_share
    from vitrine.data.prepare.working_folder import unfinished_folder

    final, settings = recipe.prepared_folder, read_settings(recipe)
    earlier = final if final.exists() else None
    memory = ScanMemory.read(list_scanned(unfinished_folder(final), earlier, settings, again))
    return scan_share(settings, memory, Spread(ranks, parts_folder(final)), progress, ranks.are_together)


def make_images_as_rank(recipe: Recipe, ranks: "Ranks", progress: Show = show_nothing) -> int:
    """Makes one rank's share of the squares that the process at work has planned, as long as it is at work.

    Ranks that were started together wait for the plan.

    Args:
        recipe: says where the data set goes.
        ranks: which rank this is.
        progress: called with ("resizing", done, total), in pictures of the share.

    Returns:
        How many pictures it made squares of; 0 where there was no plan, or others had made all.

    Raises:
        UserError: a picture cannot be read any more, or its processes keep dying; the process at work finds that, too.
    """
    from vitrine.data.prepare.reuse import WHOLE_SHARDS
    from vitrine.data.prepare.shard_plan import make_share, wait_for_plan
    from vitrine.data.prepare.working_folder import is_at_work, unfinished_folder

    final = recipe.prepared_folder
    folder = unfinished_folder(final) / WHOLE_SHARDS
    if ranks.are_together:
        wait_for_plan(folder, lambda: is_at_work(final))
    return make_share(folder, ranks, progress)


def parts_folder(prepared: Path) -> Path:
    """Where the shards of a scan lie until the data set is whole."""
    return prepared.with_name(f".{prepared.name}.parts")
