"""The engines of the command are those that there are."""

from vitrine.commands import export
from vitrine.ship.engines.choice import ENGINES


def test_every_engine_of_the_command_is_there_with_a_file_of_its_own():
    assert tuple(ENGINES) == export.ENGINES
    assert len({engine.file for engine in ENGINES.values()}) == len(ENGINES)
