"""What the review tab says, in both languages."""

import pytest

from tests.app.queues import queued
from vitrine.app.review_wording import ReviewWording
from vitrine.app.reviewing import Place, View
from vitrine.corrections.agreement import Agreement, Agreements
from vitrine.ui.texts import load_texts


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "80 % (8 of 10 pictures; 95 % interval 49 % to 95 %)"), ("fr", "80 % (8 sur 10 images ; ")],
)
def test_a_share_stands_with_its_pictures_and_its_interval(language, said):
    some, none = Agreement(8, 10), Agreement(0, 0)
    table = ReviewWording(load_texts(language)).agreement(Agreements(some, none, none, none))
    plain = table.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert said in plain
    assert table.count("<tr>") == 4


def test_the_card_names_its_picture_for_the_keys():
    view = View(queued("<i>.png", label_name="<i>"))
    card = ReviewWording(load_texts("en")).card(view, Place(number=7), 9, 2, False, "ann", [])
    assert 'data-place="7"' in card
    assert "Picture 8 of 9 · 2 of them done by you" in card
    assert "<i>" not in card
