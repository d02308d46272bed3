"""Judgments for the tests of corrections."""

from hashlib import sha256

from vitrine.corrections.judgment import LABEL, Judgment

NOON = "2026-11-24T12:00:00.000+00:00"


def digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def judgment(name: str = "a", label: str = "cat", reviewer: str = "ann", **values) -> Judgment:
    """All of one moment, so that what counts is the order in which a test keeps them, and no clock."""
    values = {
        "time": NOON,
        "kind": LABEL,
        "answer": "dog",
        "decision": "answer",
        "model": "pets",
        "revision": "1",
    } | values
    values = {"sha256": digest(name), "label": "" if values["kind"] in ("none", "withdrawn") else label} | values
    return Judgment(reviewer=reviewer, **values)
