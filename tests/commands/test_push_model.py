"""`python -m vitrine push-model`: what is handed on, and what is told."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import vitrine.ship.push_model as ship
from vitrine.commands import push_model
from vitrine.errors import UserError
from vitrine.ship.push_model import Wishes

SIZES = {"model.safetensors": 44_700_000, "config.json": 800}
STAGED = SimpleNamespace(sizes=SIZES, size_bytes=44_700_800, stays=("notes.txt",), examples=())
TERMS = SimpleNamespace(license="mit", backbone_license="apache-2.0", data_license="unknown")


@pytest.mark.parametrize(
    ("options", "wishes"),
    [
        ([], Wishes()),
        (["--public", "--examples"], Wishes(is_public=True, examples=True)),
        (["--no-examples"], Wishes(examples=False)),
        (["--licence", "mit", "--data-license", "cc-by-4.0"], Wishes(license="mit", data_license="cc-by-4.0")),
    ],
)
def test_the_run_is_handed_on_as_the_options_say(monkeypatch, capsys, options, wishes):
    given = []

    def publish(run, repo_id, wishes, show):
        given.append((run, repo_id, wishes))
        show(STAGED, TERMS)
        return SimpleNamespace(address="https://huggingface.co/ann/birds", revision="v3", is_new=True)

    monkeypatch.setattr(ship, "publish_model", publish)
    assert push_model.main(["~/birds", "ann/birds", *options]) == 0
    assert given == [(Path("~/birds").expanduser(), "ann/birds", wishes)]
    out = capsys.readouterr().out
    assert "    44,700,000 bytes  model.safetensors\n" in out
    assert "    44,700,800 bytes  in 2 files\nstays here: notes.txt\n" in out
    assert "licences: model mit, weights it started from apache-2.0, pictures unknown\n" in out
    assert "revision v3 is on https://huggingface.co/ann/birds\n" in out
    assert out.endswith("--model ann/birds\n")


def test_a_dry_run_publishes_nothing(monkeypatch, capsys):
    monkeypatch.setattr(ship, "publish_model", lambda *_: pytest.fail("it was published"))
    monkeypatch.setattr(ship, "try_push", lambda run, repo_id, wishes, show: show(STAGED, TERMS))
    assert push_model.main(["birds", "ann/birds", "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("nothing was sent\n")


def test_a_mistake_is_one_message(monkeypatch, capsys):
    def refuse(*_):
        raise UserError("ann/birds: the Hub does not answer")

    monkeypatch.setattr(ship, "publish_model", refuse)
    assert push_model.main(["birds", "ann/birds"]) == 2
    assert capsys.readouterr() == ("", "error: ann/birds: the Hub does not answer\n")
