"""Judgments for the tests of corrections."""

from hashlib import sha256

from vitrine.corrections.judgment import LABEL, Judgment


def digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def judgment(name: str = "a", label: str = "cat", reviewer: str = "ann", **values) -> Judgment:
    values = {"kind": LABEL, "answer": "dog", "decision": "answer", "model": "pets", "revision": "1"} | values
    values = {"sha256": digest(name), "label": "" if values["kind"] in ("none", "withdrawn") else label} | values
    return Judgment(reviewer=reviewer, **values)
