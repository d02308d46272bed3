"""The confusion matrix: names and numbers where they have room, else the most confused classes above an overview."""

import numpy as np
import pytest

from vitrine.reports.shared.confusion_plot import confusion_matrix, find_most_confused
from vitrine.reports.shared.plots import WIDTH
from vitrine.ui.figures import PNG_DOTS_PER_INCH, to_svg


@pytest.mark.parametrize("classes", [2, 5, 20, 21, 40])
def test_confusion_matrix_fits_a_phone_or_gives_every_class_room_for_its_name(classes):
    figure = confusion_matrix(np.eye(classes, dtype=int), [f"a rather long class name {i}" for i in range(classes)])
    width, height = figure.get_size_inches()
    pitch = (width - 2.5) / classes
    assert width <= WIDTH + 0.1 or pitch >= (0.4 if classes <= 20 else 0.095)
    assert max(width, height) < 20


def test_confusion_matrix_writes_counts_and_shares_up_to_20_classes():
    counts = np.diag(np.full(20, 3))
    counts[0, 1] = 1
    drawn = (
        to_svg(confusion_matrix(counts, [f"class {i}" for i in range(20)])).decode().replace("\N{NO-BREAK SPACE}", " ")
    )
    assert ">75 %<" in drawn
    assert ">25 %<" in drawn
    assert ">100 %<" in drawn
    assert "%<" not in to_svg(confusion_matrix(np.eye(21, dtype=int), [str(i) for i in range(21)])).decode()


def test_confusion_matrix_says_where_a_class_has_no_test_pictures():
    assert "no test pictures" in to_svg(confusion_matrix(np.array([[3, 1], [0, 0]]), ["a", "b"])).decode()
    assert "no test pictures" not in to_svg(confusion_matrix(np.array([[3, 1], [0, 1]]), ["a", "b"])).decode()


@pytest.mark.parametrize("name", ["$5 and $10", "a_b^c", r"\frac{1}{2}", "<b>", "犬 é"])
def test_names_are_drawn_as_they_are(name):
    drawn = to_svg(confusion_matrix(np.eye(2, dtype=int), [name, "other"])).decode()
    assert name.replace("<", "&lt;").replace(">", "&gt;") in drawn


@pytest.mark.parametrize("classes", [41, 250, 1000])
def test_many_classes_take_no_more_room_and_the_most_confused_are_named(classes):
    counts = np.diag(np.full(classes, 5))
    counts[7, classes - 3] = 4
    figure = confusion_matrix(counts, [f"a rather long class name {number}" for number in range(classes)])
    assert max(figure.get_size_inches()) * PNG_DOTS_PER_INCH <= 2000
    named, overview = figure.axes
    names = [label.get_text() for label in named.get_yticklabels()]
    assert len(names) == 40
    assert all(any(name.endswith(f"name {number}") for name in names) for number in (7, classes - 3))
    assert named.get_title(loc="left") == "The 40 classes with the most mix-ups"
    assert overview.images[0].get_array().shape[0] <= 100


def test_a_cell_of_the_overview_shows_the_largest_share_of_its_classes():
    counts = np.diag(np.full(200, 10))
    counts[3, 150], counts[3, 3] = 10, 0
    picture = np.asarray(confusion_matrix(counts, [str(number) for number in range(200)]).axes[1].images[0].get_array())
    empty, mistake, right = picture[0, 50], picture[1, 75], picture[5, 5]
    assert picture.shape[:2] == (100, 100)
    assert not np.allclose(empty, mistake)
    assert not np.allclose(mistake, right)
    assert np.allclose(picture[1, 1], right)  # class 2 is always right, class 3 never


def test_the_most_confused_classes_stay_in_their_order_and_are_filled_up():
    counts = np.zeros((6, 6), int)
    counts[4, 1], counts[0, 5], counts[2, 2] = 3, 1, 9
    assert find_most_confused(counts, 2).tolist() == [1, 4]
    assert find_most_confused(counts, 4).tolist() == [0, 1, 4, 5]
    assert find_most_confused(counts, 5).tolist() == [0, 1, 2, 4, 5]


def test_a_class_whose_answers_are_all_elsewhere_is_not_called_untested():
    counts = np.diag(np.full(60, 5))
    counts[:41] = 0
    counts[np.arange(41), 0] = 5
    assert "no test pictures" not in to_svg(confusion_matrix(counts, [str(number) for number in range(60)])).decode()
