"""The plan of the squares: what one rank writes, another one reads, and makes its share of."""

import pytest

from tests.data.prepare.made_by_engines import contents, plan, write
from tests.work.here import Here
from vitrine.data.prepare import shard_plan
from vitrine.data.prepare.reuse import PLAN, WHOLE_SHARDS
from vitrine.data.prepare.shard_plan import make_share, read_plan, wait_for_plan, write_plan
from vitrine.data.prepared import shards
from vitrine.data.prepared.shards import bytes_per_image
from vitrine.work.ranks import LeadingRank, Ranks


@pytest.fixture(autouse=True)
def short_files(monkeypatch):
    monkeypatch.setattr(shards, "SHARD_BYTES", 1)
    monkeypatch.setattr(shards, "BATCH_BYTES", 8 * bytes_per_image(16))


@pytest.fixture(autouse=True)
def pool(monkeypatch):
    """Ranks do all in this process."""
    monkeypatch.setattr(Ranks, "pool", Here())


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "whole").mkdir()
    return tmp_path / "whole"


def test_shards_of_a_plan_make_the_same_files(source, folder, monkeypatch):
    planned = plan(source)
    write_plan(folder, planned)
    monkeypatch.chdir(source)  # another process may be started anywhere
    again = read_plan(folder)
    assert [shard.name for shard in again] == [shard.name for shard in planned]
    for one, other in zip(planned, again, strict=True):
        one.folder.mkdir(parents=True, exist_ok=True)
        one.do()
        other.do()
        assert other.path.parent == folder
        assert other.path.read_bytes() == one.path.read_bytes()


def test_a_plan_tells_where_stored_images_lie(source, folder):
    write(source, Here())
    first = min((source / "cat").iterdir())
    first.unlink()
    works = []

    class Kept(Here):
        def run(self, some):
            works[:] = some
            yield from super().run(some)

    write(source, Kept())
    write_plan(folder, works)
    stored = [shard.stored for shard in works]
    assert any(stored)
    assert [shard.stored for shard in read_plan(folder)] == stored


def test_every_rank_reads_its_own_shards(source, folder):
    planned = plan(source)
    write_plan(folder, planned)
    shares = [read_plan(folder, rank, 4) for rank in range(4)]
    assert [len(share) for share in shares] == [2, 2, 1, 1]
    assert [shard.name for shard in shares[1]] == [planned[1].name, planned[5].name]


def test_without_a_plan_there_is_nothing_to_do(folder):
    write_plan(folder, [])
    assert read_plan(folder) == read_plan(folder / "none") == []
    assert make_share(folder, Ranks(0, 1), lambda *_: pytest.fail("made something")) == 0


def test_who_waits_for_a_plan_goes_on_when_it_is_there_or_nobody_will_write_it(source, folder, monkeypatch):
    looks = []

    def look(_):
        looks.append(1)
        if len(looks) == 3:
            (folder / PLAN).touch()

    monkeypatch.setattr(shard_plan, "sleep", look)
    wait_for_plan(folder, lambda: True)
    assert len(looks) == 3
    wait_for_plan(folder / "none", lambda: False)
    assert len(looks) == 3


def test_a_rank_makes_its_share_of_what_another_one_has_planned(source, monkeypatch):
    alone = contents(write(source, name="alone"))
    whole = source.with_name(".final.unfinished") / WHOLE_SHARDS
    told, made = [], []

    def help_once(what, done, total, faults=0):
        if what == "resizing" and not made:
            made.append(make_share(whole, Ranks(1, 2), lambda *words: told.append(words)))

    final = write(source, LeadingRank(Ranks(0, 2)), help_once)
    assert contents(final) == alone
    assert told == [("resizing", done, 18) for done in (8, 12, 18)]
    assert made == [18]
    assert not list(final.glob("**/plan*"))


def test_a_plan_of_an_interrupted_preparation_is_removed_by_the_next(source):
    def stop(what, done, total, faults=0):
        if what == "resizing":
            raise KeyboardInterrupt

    whole = source.with_name(".final.unfinished") / WHOLE_SHARDS
    with pytest.raises(KeyboardInterrupt):
        write(source, LeadingRank(Ranks(0, 2)), stop)
    assert (whole / PLAN).exists()
    there = []
    write(source, LeadingRank(Ranks(0, 2)), lambda *_, faults=0: there.append((whole / PLAN).exists()))
    assert there[-1]
    assert not all(there)
