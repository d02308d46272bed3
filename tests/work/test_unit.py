from tests.work.letters import Letters
from vitrine.work.local import LocalPool
from vitrine.work.ranks import Ranks
from vitrine.work.unit import Engine, Work


def test_units_and_engines_are_what_they_must_be_to_each_other(tmp_path):
    work: Work = Letters("a", folder=tmp_path)
    for engine in (LocalPool(1), Ranks(0, 1, 1)):
        made: Engine = engine
        assert list(made.run([work])) == [work]
