"""The store: what was acknowledged is there, nothing is changed, and what goes wrong is said in one message."""

import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.corrections.examples import judgment
from vitrine.corrections.judgment import NONE, WITHDRAWN
from vitrine.corrections.opinions import current
from vitrine.corrections.store import DATABASE, CorrectionStore, StoreError
from vitrine.errors import UserError

ROOT = Path(__file__).parents[2]
HTML = '<img src=x onerror="alert(1)">'


@pytest.fixture
def store(tmp_path):
    return CorrectionStore(tmp_path / "corrections")


def test_what_was_added_is_read_back_exactly_and_in_order(store):
    added = [
        store.add(judgment("a", HTML, blind=True, file="é/=1+1.png", label_name="dog", split="test", suspicion="0.9")),
        store.add(judgment("b", kind=NONE, reviewer="")),
        store.add(judgment("a", "新しい", reviewer="bob", kind="new")),
    ]
    assert store.all() == added
    assert store.of_picture(added[0].sha256) == [added[0], added[2]]


def test_a_reviewers_own_judgments_come_with_what_was_taken_back(store):
    first, _, second = (store.add(judgment("a", "cat", who)) for who in ("ann", "bob", "ann"))
    store.withdraw(second.id)
    own = store.of_reviewer("ann")
    assert [one.kind for one in own] == ["label", "label", WITHDRAWN]
    assert current(own) == {first.picture: {"ann": first}}


def test_the_judgments_of_pictures_that_several_reviewers_saw_come_in_their_order(store):
    first, _, second = (
        store.add(judgment(*of)) for of in (("a", "cat", "ann"), ("b", "cat", "bob"), ("a", "cow", "bob"))
    )
    assert store.of_several() == [first, second]


def test_whoever_names_a_picture_otherwise_is_among_its_reviewers(store):
    whole = store.add(judgment("a", "cat", file="a.png"))
    named = store.add(judgment("", "cow", "bob", sha256="", file="a.png"))
    brought = store.add(judgment("a", "cat"))
    store.add(judgment("", "cow", "bob", sha256="", file="b.png"))
    assert store.of_several() == [whole, named, brought]


def test_what_was_said_of_a_copy_is_not_about_the_picture(store):
    first, copy = (store.add(judgment("a", "cat", file=file)) for file in ("cats/1.png", "dogs/7.png"))
    brought = store.add(judgment("a", "cow", "bob"))
    assert store.of_picture(first.sha256, "cats/1.png") == [first, brought]
    assert store.of_picture(first.sha256) == [first, copy, brought]


def test_nothing_is_made_until_something_is_kept(store):
    assert store.all() == []
    assert not store.folder.exists()


def test_a_judgment_that_is_taken_back_stays_in_the_history_and_the_one_before_holds(store):
    first, second = store.add(judgment("a", "cat")), store.add(judgment("a", "horse"))
    assert store.withdraw(second.id) == second
    said = store.all()
    assert [one.kind for one in said] == ["label", "label", WITHDRAWN]
    assert current(said) == {first.picture: {"ann": first}}


def test_a_judgment_can_be_taken_back_only_once_and_only_if_it_is_there(store):
    added = store.add(judgment())
    store.withdraw(added.id)
    for judgment_id in (added.id, store.all()[-1].id, "0" * 32):
        with pytest.raises(UserError, match=f"there is no correction {judgment_id}"):
            store.withdraw(judgment_id)


def test_the_database_itself_refuses_to_change_or_delete(store):
    store.add(judgment())
    with sqlite3.connect(store.folder / DATABASE) as connection:
        for statement in ("UPDATE judgments SET label = 'x'", "DELETE FROM judgments"):
            with pytest.raises(sqlite3.IntegrityError, match="judgments are kept"):
                connection.execute(statement)


def test_the_file_is_in_wal_mode(store):
    store.add(judgment())
    with sqlite3.connect(store.folder / DATABASE) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_merging_twice_adds_once_and_keeps_the_order(store, tmp_path):
    other = CorrectionStore(tmp_path / "other")
    added = [other.add(judgment(name)) for name in "abc"]
    assert (store.merge(other.all()), store.merge(other.all())) == (3, 0)
    assert store.all() == added


def test_threads_and_a_fresh_file_lose_nothing(store):
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda number: store.add(judgment(str(number))), range(20)))
    assert {one.id for one in store.all()} == {one.id for one in added}


def test_a_new_file_that_another_server_changes_to_write_ahead_is_waited_for(store, monkeypatch):
    store.folder.mkdir()
    other = sqlite3.connect(store.folder / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(
        "vitrine.corrections.store.time.sleep", lambda _: other.in_transaction and other.execute("COMMIT")
    )
    one = store.add(judgment())
    other.close()
    assert [kept.id for kept in store.all()] == [one.id]


def test_another_file_is_refused_and_stays_as_it_was(store):
    store.folder.mkdir()
    path = store.folder / DATABASE
    path.write_bytes(b"Dear all, " * 100)
    with pytest.raises(StoreError, match="is not a store of corrections") as refused:
        store.add(judgment())
    assert refused.value.reason == "damaged"
    assert path.read_bytes() == b"Dear all, " * 100


def test_the_database_of_another_program_is_refused(store):
    store.folder.mkdir()
    with sqlite3.connect(store.folder / DATABASE) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(StoreError, match="it holds other tables"):
        store.add(judgment())


def test_a_file_of_a_later_version_says_what_to_do(store):
    store.add(judgment())
    with sqlite3.connect(store.folder / DATABASE) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(UserError, match="a later version of Vitrine wrote it; update Vitrine"):
        store.all()


def test_a_folder_that_cannot_be_made_is_named_and_the_next_judgment_is_kept(store):
    store.folder.write_text("in the way")
    with pytest.raises(StoreError, match=r"corrections: it cannot be written; give another folder"):
        store.add(judgment())
    store.folder.unlink()
    added = store.add(judgment())
    assert store.all() == [added]


def test_what_another_program_holds_is_named(store, monkeypatch):
    store.add(judgment())
    monkeypatch.setattr("vitrine.corrections.store.PATIENCE_SECONDS", 0.05)
    holding = sqlite3.connect(store.folder / DATABASE, isolation_level=None)
    holding.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program holds it; try again") as refused:
        store.add(judgment())
    holding.close()
    assert refused.value.reason == "busy"
    store.add(judgment())
    assert len(store.all()) == 2


# A limit on the size of files stands in for a disk without room: the system refuses to write beyond it.
FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from tests.corrections.examples import judgment
from vitrine.corrections.store import CorrectionStore, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = CorrectionStore(Path(sys.argv[1]))
store.add(judgment("first"))
whole = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, whole[1]))
refused = 0
for number in range(5):
    try:
        store.add(judgment(str(number), "x" * 100_000))
    except StoreError:
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, whole)
store.add(judgment("last"))
print(refused, [len(one.label) for one in store.all()])
"""

# Says the number of a judgment when `add` has returned, and never before.
WRITER = """
import sys
from pathlib import Path
from tests.corrections.examples import judgment
from vitrine.corrections.store import CorrectionStore
store = CorrectionStore(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10_000):
    print(store.add(judgment(str(number))).id, flush=True)
"""


def run_python(program: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(os.name == "nt", reason="limits are those of POSIX")
def test_on_a_full_disk_nothing_is_lost_and_the_next_judgment_is_kept(store):
    out, _ = run_python(FULL_DISK, store.folder).communicate(timeout=60)
    assert out.strip() == "5 [3, 3]"


def kill_during_judgments(folder: Path, after: int, first: int) -> list[str]:
    """Ids that were acknowledged by a process that is killed once it has said so many."""
    process = run_python(WRITER, folder, first)
    acknowledged = [process.stdout.readline().strip() for _ in range(after)]
    process.send_signal(signal.SIGKILL)
    rest, _ = process.communicate(timeout=60)  # what it still said before it died
    whole = rest if rest.endswith("\n") or not rest else rest[: rest.rfind("\n") + 1]
    return acknowledged + whole.split()


def test_a_process_that_is_killed_has_kept_all_that_it_acknowledged(store):
    acknowledged = kill_during_judgments(store.folder, 20, 0)
    kept = [one.id for one in store.all()]
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) <= 1  # one may have been kept and not yet acknowledged
    store.add(judgment("after"))
    assert len(store.all()) == len(kept) + 1
