"""Names are the field's words in American spelling: what was called otherwise once does not come back."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [
    path
    for path in sorted([*ROOT.glob("vitrine/**/*.py"), *ROOT.glob("tests/**/*.py")])
    if "golden" not in path.parts  # code that travels with a model of an earlier build
]
INSTEAD = {
    r"strangers?": "unknown or out-of-distribution pictures",
    r"twins?": "near-duplicate",
    r"familiar(ity)?": "out-of-distribution score",
    r"Judged|Answered": "Predictions",
    r"hang(s|ed)?|hung": "show",
    r"lend(s|ing)?|lent": "share or reuse",
    r"deliver(s|ed|y)?": "give or return",
    r"pieces?": "micro-batch or part",
    r"stretch(es|ed)?": "scale",
    r"ground": "fill_color",
    r"colours?|coloured": "color",
    r"gr[e]y(s|scale)?": "gray",
    r"cent[r]e[sd]?": "center",
    r"neighbours?": "neighbor",
    r"licen[c]es?": "license",
    r"catalogues?": "catalog",
    r"label[l](ed|ing)": "labeled",
    r"(normal|optim|summar|initial|serial|recogn|organ|general)is(e[sdr]?|ers?|ing|ation)": "-ize",
}
# Words with a second meaning that stays: the metric recall, the units of a layer or of a measure, a tensor's square().
ONLY_FUNCTIONS = {r"recall": "load"}
ONLY_DATA = {r"units?": "group"}
ONLY_PUBLIC = {r"squares?": "image, preprocessed image"}
# The column of a table of attributes.
ALLOWED = {"is_grey"}


def parts_of(name: str) -> list[str]:
    """Words of a name: `CamelCase` and `snake_case` alike, in the case in which they stand."""
    return re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)


def find_defined(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    """Names that a file gives: name, line, and whether it is a function, a local variable or anything else."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, "function"
        elif isinstance(node, ast.ClassDef):
            yield node.name, node.lineno, "class"
            for inner in node.body:
                if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                    yield inner.target.id, inner.lineno, "attribute"
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno, "parameter"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno, "variable"
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno, "attribute"
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname, 0, "variable"


def find_faults(source: str, in_data: bool = False) -> list[str]:
    return [
        f"line {line}: {name}: say {instead}"
        for name, line, kind in find_defined(ast.parse(source))
        for instead in better_words(name, kind, in_data)
    ]


@cache
def better_words(name: str, kind: str, in_data: bool) -> list[str]:
    refused = dict(INSTEAD)
    if kind == "function" and parts_of(name)[:1] == ["recall"]:
        refused |= ONLY_FUNCTIONS
    if in_data:
        refused |= ONLY_DATA
    if not name.startswith("_") and kind != "variable":
        refused |= ONLY_PUBLIC
    # Class names are matched as written: `answered`, what got a prediction, is a word of the field.
    return [
        instead
        for word, instead in refused.items()
        if name not in ALLOWED
        and any(re.fullmatch(word, part, 0 if word[0].isupper() else re.IGNORECASE) for part in parts_of(name))
    ]


def test_names_are_the_words_of_the_field():
    faults = {}
    for path in FILES:
        place = path.relative_to(ROOT)
        found = find_faults(path.read_text("utf-8"), in_data="data" in place.parts[:2])
        if found:
            faults[str(place)] = found
    assert not faults


@pytest.mark.parametrize(
    ("source", "in_data"),
    [
        ("class JudgedPictures: pass", False),
        ("def recall_features(): pass", False),
        ("def show(twin): pass", False),
        ("LABELLED = 1", False),
        ("def f(squares): pass", False),
        ("self.normalisation = 1", False),
        ("units = 1", True),
    ],
)
def test_former_words_are_found_wherever_a_name_is_given(source, in_data):
    assert len(find_faults(source, in_data)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "macro_recall = recall = 1",
        "head_units = dense_units = 1",
        "x.square()",
        "background = playground = 1",
        "_square = 1",
    ],
)
def test_words_with_a_meaning_of_their_own_stay(source):
    assert not find_faults(source)
