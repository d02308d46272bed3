"""Rows of a table of answers, made without a model."""

from pathlib import Path

from vitrine.predict.answers.table import AnswerRow


def answered(file: str, label: str = "pug", confidence: float = 0.9, path: Path = Path("nowhere")) -> AnswerRow:
    return _row(file, "answered", label, label, confidence, path)


def unsure(file: str, confidence: float = 0.5, path: Path = Path("nowhere")) -> AnswerRow:
    return _row(file, "unsure", "unsure: perhaps pug", "pug", confidence, path)


def none(file: str, path: Path = Path("nowhere")) -> AnswerRow:
    return _row(file, "none", "none of my classes", "pug", 0.4, path)


def unreadable(file: str) -> AnswerRow:
    return AnswerRow(file, Path("nowhere"), "unreadable", None, {"problem": "the file is empty"})


def _row(file, kind, decision, label, confidence, path):
    cells = {"decision": decision, "label_1": label, "probability_1": f"{confidence:.6f}"}
    return AnswerRow(file, path, kind, confidence, cells)
