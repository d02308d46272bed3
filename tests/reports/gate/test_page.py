"""The page of a retraining shows what decided, and the pictures whose answers changed."""

import pandas as pd
import pytest

from tests.factories import prepare, write_colored_classes
from tests.records.examples import make_gate_report
from vitrine.data.manifest.split_names import GATE, TEST
from vitrine.records.gate import Learned, LeftOut
from vitrine.reports.gate.page import MOST_SHOWN, write_gate_page


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A data set whose test pictures stand for those of the gate."""
    folder = tmp_path_factory.mktemp("gate")
    found = prepare(write_colored_classes(folder / "pictures", per_class=60, side=16), folder / "prepared", 16)
    found.splits[GATE] = found.splits[TEST]
    return found


def write(folder, prepared, language="en", **changes):
    files = list(prepared.splits[GATE]["file"])
    names = [prepared.label_names[label] for label in prepared.splits[GATE]["label"]]
    answers = pd.DataFrame({"file": files, "label_name": names, "before": names, "now": names})
    answers.loc[:25, "now"] = "vert <b>"  # right before, wrong now, but for those of this class
    write_gate_page(folder, make_gate_report(**changes), answers, prepared, language)
    return (folder / "gate.html").read_text("utf-8")


def test_the_page_shows_the_verdict_the_questions_and_what_changed(tmp_path, prepared):
    page = write(tmp_path, prepared)
    assert "Refused: revision 1 stays in use." in page
    assert 'class="outcome outcome-broken"' in page
    assert page.count('<div class="frame wrong">') == min(MOST_SHOWN, 18)
    assert "Right now: 0 pictures" in page
    assert "<b>vert" not in page.replace("<b>vert &lt;b&gt;", "")


def test_rows_that_were_refused_are_listed_and_escaped(tmp_path, prepared):
    left = LeftOut(file="<script>x.png", reason="a copy of the gate picture red/1.png")
    page = write(tmp_path, prepared, "fr", learned=Learned(left_out=(left,), training_pictures=(9, 9)))
    assert '<html lang="fr"' in page
    assert "<script>" not in page
    assert "doublon" in page
    assert "Refusé" in page
