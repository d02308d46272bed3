"""Where trials are kept: SQLite, another address, a journal file; what is said when it is down."""

import pytest
from sqlalchemy.exc import OperationalError

from tests.experiments.search_doubles import FakeTraining, make_prepared, search_on, states_of, write_search
from vitrine.config.identity import FREE_FOR_TRIALS
from vitrine.errors import UserError
from vitrine.experiments.search.file import load_search
from vitrine.experiments.search.storage import (
    default_address,
    explained_errors,
    hide_password,
    identify_search,
    open_study,
)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite:////no/such/folder/study.db", "does not answer (unable to open database file)"),
        ("oracel://host/db", "no such kind of database; give postgresql://"),
        ("nonsense://", "no such kind of database"),
        ("://", "is not an address of a database"),
    ],
)
def test_a_storage_that_cannot_be_used_is_one_message(tmp_path, address, message):
    with pytest.raises(UserError) as error:
        open_study(write_search(tmp_path), make_prepared(tmp_path), address)
    assert message in str(error.value)
    assert str(error.value).startswith("--storage: ")


def test_a_missing_driver_says_what_to_install(monkeypatch, tmp_path):
    import builtins

    real = builtins.__import__

    def no_driver(name, *rest, **named):
        if name == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'", name=name)
        return real(name, *rest, **named)

    search, prepared = write_search(tmp_path), make_prepared(tmp_path)
    monkeypatch.setattr(builtins, "__import__", no_driver)
    with pytest.raises(UserError, match=r"\(psycopg\); install it \(for PostgreSQL: pip install 'psycopg\[binary\]'"):
        open_study(search, prepared, "postgresql://me:secret@host/db")


def test_passwords_are_not_shown():
    assert hide_password("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    with pytest.raises(UserError) as error, explained_errors("postgresql://me:secret@host/db"):
        raise OperationalError("select 1", {}, Exception("connection refused"))
    assert "secret" not in str(error.value)
    assert "connection refused" in str(error.value)


def test_a_storage_that_goes_away_while_training_ends_the_search_and_no_trial_is_blamed(monkeypatch, tmp_path):
    training = FakeTraining(at_1=OperationalError("insert", {}, Exception("server closed the connection")))
    with pytest.raises(OperationalError):
        search_on(monkeypatch, tmp_path, training, write_search(tmp_path))


def test_a_path_is_a_journal_file_which_a_search_resumes_from(monkeypatch, tmp_path):
    address = str(tmp_path / "shared" / "journal.log")
    search_on(monkeypatch, tmp_path, FakeTraining(), write_search(tmp_path, "trials: 3"), address)
    more = FakeTraining()
    study, _ = search_on(monkeypatch, tmp_path, more, write_search(tmp_path, "trials: 5"), address)
    assert states_of(study) == ["COMPLETE"] * 5
    assert len(more.plans) == 2


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        open_study(write_search(tmp_path), make_prepared(tmp_path), str(tmp_path / "file" / "journal.log"))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ("epochs: 3", "epochs is 3, not 4"),
        ("objective: validation_accuracy", "objective is validation_accuracy, not validation_loss"),
        ("pruner: {method: median}", "pruner.method is median, not none"),
    ],
)
def test_another_search_of_the_same_name_is_refused_with_what_differs(tmp_path, changed, message):
    address = default_address(tmp_path)
    open_study(write_search(tmp_path), make_prepared(tmp_path), address)
    with pytest.raises(UserError) as error:
        open_study(write_search(tmp_path, changed), make_prepared(tmp_path), address)
    assert message in str(error.value)
    assert "give another name" in str(error.value)


def test_another_range_and_another_base_recipe_are_refused(tmp_path):
    address = default_address(tmp_path)
    open_study(write_search(tmp_path), make_prepared(tmp_path), address)
    wider = write_search(tmp_path, parameters="optim.learning_rate: {low: 1e-5, high: 1e-1, log: true}")
    with pytest.raises(UserError, match=r"parameters\.optim\.learning_rate is 1e-05 to 0\.1, logarithmic, not 0\.0001"):
        open_study(wider, make_prepared(tmp_path), address)
    write_search(tmp_path)
    with pytest.raises(UserError, match=r"optim\.momentum is 0\.5, not 0\.9"):
        open_study(load_search(tmp_path / "mine.yaml", ["optim.momentum=0.5"]), make_prepared(tmp_path), address)


@pytest.mark.parametrize(
    "changed", ["minutes: 3", "seeds: [7]", "sampler_seed: 4", pytest.param("trials: 60", marks=pytest.mark.slow)]
)
def test_what_does_not_change_the_trials_may_change(tmp_path, changed):
    address = default_address(tmp_path)
    open_study(write_search(tmp_path), make_prepared(tmp_path), address)
    open_study(write_search(tmp_path, changed), make_prepared(tmp_path), address)


@pytest.mark.parametrize("name", sorted(FREE_FOR_TRIALS - {"optim.epochs"}))
def test_what_changes_no_training_changes_no_search(tmp_path, name):
    values = {"report.study": "off", "report.language": "fr", "engine.tracker": "none", "report.precision": "0.9"}
    values |= {"data.group_by": "[folder]", "data.prepared": "elsewhere"}
    write_search(tmp_path)
    stored = identify_search(load_search(tmp_path / "mine.yaml"), make_prepared(tmp_path))
    changed = load_search(tmp_path / "mine.yaml", [f"{name}={values.get(name, '7')}"] if "." in name else [])
    assert identify_search(changed, make_prepared(tmp_path)) == stored


def test_a_search_in_another_language_goes_on(tmp_path):
    address = default_address(tmp_path)
    open_study(write_search(tmp_path), make_prepared(tmp_path), address)
    open_study(load_search(tmp_path / "mine.yaml", ["report.language=fr"]), make_prepared(tmp_path), address)


def test_a_search_over_a_parameter_by_its_old_name_goes_on_under_the_new_one(tmp_path, caplog):
    address, space = default_address(tmp_path), "{low: 0.0, high: 0.3}"
    open_study(write_search(tmp_path, parameters=f"augmentation.grey: {space}"), make_prepared(tmp_path), address)
    assert "augmentation.grey is now called augmentation.grayscale" in caplog.text
    study = open_study(
        write_search(tmp_path, parameters=f"augmentation.grayscale: {space}"), make_prepared(tmp_path), address
    )
    assert "parameters.augmentation.grey" in study.user_attrs["identity"]


def test_a_parameter_under_both_of_its_names_is_refused(tmp_path):
    both = "augmentation.grey: {low: 0.0, high: 0.3}\n  augmentation.grayscale: {low: 0.0, high: 0.3}"
    with pytest.raises(UserError, match=r"the old name of augmentation\.grayscale, which is there too"):
        write_search(tmp_path, parameters=both)
