import argparse

import pytest

from vitrine.commands.engine_options import OPTIONS, add_engine_options, read_engine
from vitrine.errors import UserError
from vitrine.work.local import LocalPool


def read(*words):
    parser = argparse.ArgumentParser()
    add_engine_options(parser, "answer")
    return read_engine(parser.parse_args(words))


def test_without_an_engine_there_is_none():
    assert read() is None
    assert read("--run-on", "local", "--workers", "3") == LocalPool(3)


@pytest.mark.parametrize("option", OPTIONS[1:])
def test_what_says_how_an_engine_works_needs_one(option):
    with pytest.raises(UserError, match=f"{option}: says how --run-on works"):
        read(option, "7")
