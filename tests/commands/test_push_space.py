"""`python -m vitrine push-space`: what is handed on, and what is told."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import vitrine.ship.push_space as ship
from vitrine.commands import push_space
from vitrine.errors import UserError
from vitrine.ship.push_model import Wishes


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], (Wishes(), None, True)),
        (["--kind", "zero-gpu", "--no-trial"], (Wishes(), "zero-gpu", False)),
        (["--public", "--no-examples"], (Wishes(is_public=True, examples=False), None, True)),
    ],
)
def test_the_run_is_handed_on_as_the_options_say(monkeypatch, capsys, options, expected):
    given = []

    def publish(*arguments):
        *said, say = arguments
        given.append(said)
        say("static: free")
        return SimpleNamespace(sizes={"index.html": 1}, address="https://huggingface.co/spaces/ann/birds")

    monkeypatch.setattr(ship, "publish_space", publish)
    assert push_space.main(["~/birds", "ann/birds", *options]) == 0
    assert given == [[Path("~/birds").expanduser(), "ann/birds", *expected]]
    assert capsys.readouterr().out == "static: free\n1 files are on https://huggingface.co/spaces/ann/birds\n"


def test_a_mistake_is_one_message(monkeypatch, capsys):
    def refuse(*_):
        raise UserError("ann/birds: the Hub does not answer")

    monkeypatch.setattr(ship, "publish_space", refuse)
    assert push_space.main(["birds", "ann/birds"]) == 2
    assert capsys.readouterr() == ("", "error: ann/birds: the Hub does not answer\n")
