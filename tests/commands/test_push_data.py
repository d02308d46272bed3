"""`python -m vitrine push-data`: what is handed on, and what is told."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import vitrine.ship.push_dataset as ship
from vitrine.commands import push_data
from vitrine.errors import UserError


@pytest.mark.parametrize(
    ("options", "is_public", "license_id"),
    [
        ([], False, None),
        (["--public"], True, None),
        (["--license", "mit"], False, "mit"),
        (["--licence", "mit"], False, "mit"),
    ],
)
def test_the_data_set_is_handed_on_as_the_options_say(monkeypatch, capsys, options, is_public, license_id):
    given = []

    def publish(*arguments):
        given.append(arguments)
        return SimpleNamespace(pictures=12_345, address="https://huggingface.co/datasets/ann/birds")

    monkeypatch.setattr(ship, "publish_data", publish)
    assert push_data.main(["~/birds", "ann/birds", *options]) == 0
    assert given == [(Path("~/birds").expanduser(), "ann/birds", is_public, license_id)]
    told = "12,345 pictures and their card are on https://huggingface.co/datasets/ann/birds\n"
    assert capsys.readouterr().out == told


def test_a_mistake_is_one_message(monkeypatch, capsys):
    def refuse(*_):
        raise UserError("ann/birds: the Hub does not answer")

    monkeypatch.setattr(ship, "publish_data", refuse)
    assert push_data.main(["birds", "ann/birds"]) == 2
    assert capsys.readouterr() == ("", "error: ann/birds: the Hub does not answer\n")
