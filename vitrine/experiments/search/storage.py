"""Where a search keeps its trials: SQLite, a database server or a journal file; and whether it is the same search."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from vitrine.config.aliases import first_names
from vitrine.config.identity import FREE_FOR_TRIALS
from vitrine.data.manifest.split_names import TRAIN, VALIDATION
from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.experiments.search.file import Search
from vitrine.experiments.search.sampler import build_pruner, build_sampler
from vitrine.experiments.search.space import read_value
from vitrine.listing import list_changes
from vitrine.records.search import DATABASE
from vitrine.training.machine.trackers import flatten

BUSY_SECONDS = 60  # SQLite lets one process write at a time; the others wait so long
CONNECT_SECONDS = 10
IDENTITY = "identity"
PICTURES = "pictures"
IS_DEFAULT = "default"


@contextmanager
def explained_errors(address: str) -> Iterator[None]:
    """Turns a storage that cannot be reached, or that goes away, into one message.

    Raises:
        UserError: with the address, its password left out.
    """
    try:
        yield
    except NoSuchModuleError as error:
        raise UserError(f"--storage: {hide_password(address)}: no such kind of database; {_HOW}") from error
    except ArgumentError as error:
        raise UserError(f"--storage: '{hide_password(address)}' is not an address of a database; {_HOW}") from error
    except ImportError as error:
        module = getattr(error.__cause__, "name", None) or error.name or "its driver"
        raise UserError(
            f"--storage: {hide_password(address)}: Python's package for this database is missing ({module}); install "
            "it (for PostgreSQL: pip install 'psycopg[binary]')"
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        cause = getattr(error, "orig", None) or getattr(error.__cause__, "orig", None) or error
        raise UserError(
            f"--storage: {hide_password(address)} does not answer ({' '.join(str(cause).split())[:300]}). See that "
            "the server runs and lets you in, and run the same command again; finished trials are kept"
        ) from error


_HOW = "give postgresql://user:password@host/database, sqlite:///file.db, or the path of a journal file"


def hide_password(address: str) -> str:
    """The address as it may be shown."""
    try:
        return make_url(address).render_as_string(hide_password=True) if "://" in address else address
    except ArgumentError:
        return address.partition("://")[0] + "://..."


def default_address(folder: Path) -> str:
    """SQLite in the folder of the search."""
    return f"sqlite:///{folder.resolve() / DATABASE}"


def open_storage(address: str) -> BaseStorage:
    """Opens a storage, and makes it where it is a file.

    Args:
        address: `dialect://...`, or a path for a journal file.

    Raises:
        UserError: it cannot be opened.
    """
    if "://" not in address:
        path = Path(address).expanduser()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return JournalStorage(JournalFileBackend(str(path)))
        except OSError as error:
            raise UserError(f"--storage: {path} cannot be written ({error.strerror})") from error
        except ValueError as error:
            raise UserError(f"--storage: {path} is not a journal file of Optuna; give another path") from error
    with explained_errors(address):
        dialect = make_url(address).get_backend_name()
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
        if dialect != "sqlite":
            options = {"connect_args": {"connect_timeout": CONNECT_SECONDS}, "pool_pre_ping": True}
        return RDBStorage(address, engine_kwargs=options)


def open_study(search: Search, prepared: PreparedDataset, address: str) -> optuna.Study:
    """Takes up the study of a search, or begins it.

    Args:
        search: what is searched.
        prepared: its data set.
        address: of the storage.

    Raises:
        UserError: the storage does not answer, or its study of this name is another search; says what differs.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    storage = open_storage(address)
    identity = identify_search(search, prepared)
    with explained_errors(address):
        study = optuna.create_study(
            study_name=search.name,
            storage=storage,
            pruner=build_pruner(search),
            load_if_exists=True,
        )
        study.sampler = build_sampler(search, study)
        stored = study.user_attrs.get(IDENTITY)
        if stored is None:
            study.set_user_attr(IDENTITY, identity)
            _begin_with_the_recipe(search, study)
    # An earlier version noted more than it had to, or less.
    stored = stored and {name: value for name, value in stored.items() if name not in FREE_FOR_TRIALS}
    stored = stored and {PICTURES: identity[PICTURES]} | stored
    if stored is not None and stored != identity:
        raise UserError(
            f"{search.name}: {hide_password(address)} holds another search of this name: "
            f"{list_changes(identity, stored)}. Its trials cannot be compared with new ones; "
            "give another name (name=...), or remove the older search"
        )
    return study


def identify_search(search: Search, prepared: PreparedDataset) -> dict[str, str]:
    """What the trials of a search have in common; with anything else they could not be compared."""
    base = {name: str(value) for name, value in first_names(flatten(search.base.model_dump(mode="json"))).items()}
    searched = {parameter.stored_name for parameter in search.space}
    fixed = {name: value for name, value in base.items() if name not in FREE_FOR_TRIALS | searched}
    pruner = {f"pruner.{name}": str(value) for name, value in search.file.pruner.model_dump().items()}
    return {
        **{f"parameters.{parameter.stored_name}": parameter.words for parameter in search.space},
        "epochs": str(search.epochs),
        "objective": search.file.objective,
        **pruner,
        **fixed,
        **{f"pictures for {split}": str(len(prepared.splits[split])) for split in (TRAIN, VALIDATION)},
        "classes": ", ".join(prepared.label_names),
        PICTURES: prepared.version,
    }


def _begin_with_the_recipe(search: Search, study: optuna.Study) -> None:
    """The first trial is the recipe as it was, where it lies in the space: no search shall end below it."""
    values = {one.stored_name: one.store(read_value(search.base, one.name)) for one in search.space}
    if None not in values.values():
        study.enqueue_trial(values, user_attrs={IS_DEFAULT: True}, skip_if_exists=True)
