"""The keys press buttons that the tab has; what they do in a browser is in tests/browser/test_corrections_tabs.py."""

import re
from dataclasses import replace

from tests.app.queues import small_queue
from vitrine.app.corrections import CorrectionDesk
from vitrine.app.page import PageParts, build_interface
from vitrine.app.review_keys import KEYS, NONE_OF_THESE, ON_DISPLAY, SKIP, UNDO
from vitrine.app.reviewing import MOST_CHOICES
from vitrine.corrections.store import CorrectionStore
from vitrine.ui.texts import load_texts


def test_every_key_presses_a_button_of_the_tab(predictor, folder):
    desk = CorrectionDesk(CorrectionStore(folder / "store"), small_queue())
    page = build_interface(replace(PageParts.of(predictor), desk=desk), "http://127.0.0.1:7860", load_texts("en"))
    ids = {part["props"].get("elem_id") for part in page.get_config_file()["components"]}
    named = dict(re.findall(r'(\w): "(\w+)"', KEYS))
    assert named == {"n": NONE_OF_THESE, "s": SKIP, "u": UNDO}
    assert {f"review-{name}" for name in named.values()} <= ids
    assert {f"review-choice-{number}" for number in range(1, MOST_CHOICES + 1)} <= ids
    assert {"review-card", "review-keys"} <= ids
    assert set(re.findall(r"#([\w-]+)", KEYS + ON_DISPLAY)) - {"review-"} <= ids
