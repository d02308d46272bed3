import numpy as np
import pytest
from PIL import Image

from tests.reports.fabricated import write_history
from vitrine.reports.shared.plots import (
    WIDTH,
    class_distribution,
    confusion_matrix,
    prediction_wall,
    training_curves,
)
from vitrine.ui.figures import to_svg


def test_curves_mark_the_kept_epoch(tmp_path):
    figure = training_curves(write_history(tmp_path, 6), best_epoch=4)
    assert list(figure.get_size_inches()) == [WIDTH, 5.2]
    assert "kept: epoch 4" in to_svg(figure).decode()
    for axes in figure.axes:
        assert [4] in [list(line.get_xdata()) for line in axes.lines]


def test_curves_of_a_single_epoch_show_points(tmp_path):
    figure = training_curves(write_history(tmp_path, 1), best_epoch=1)
    lines = [line for axes in figure.axes for line in axes.lines if len(line.get_xdata()) == 1]
    assert len(lines) == 7
    assert all(line.get_marker() == "o" for line in lines)


def test_curves_survive_an_epoch_of_infinite_loss(tmp_path):
    history = write_history(tmp_path, 3)
    history.loc[1, "train_loss"] = np.inf
    assert training_curves(history, best_epoch=3).axes[0].get_ylim()[1] == pytest.approx(1.32)


@pytest.mark.parametrize("classes", [2, 5, 20, 21, 60, 130])
def test_confusion_matrix_fits_a_phone_or_gives_every_class_room_for_its_name(classes):
    figure = confusion_matrix(np.eye(classes, dtype=int), [f"a rather long class name {i}" for i in range(classes)])
    width, height = figure.get_size_inches()
    pitch = (width - 2.5) / classes
    assert width <= WIDTH + 0.1 or pitch >= (0.4 if classes <= 20 else 0.1)
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


def test_distribution_puts_the_largest_class_on_top_and_its_total_at_the_end():
    counts = {"train": {"few": 2, "many": 1900}, "validation": {"few": 1, "many": 50}, "test": {"many": 51}}
    axes = class_distribution(counts).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["few", "many"]  # counted from the bottom
    assert [text.get_text() for text in axes.texts] == ["3", "2,001"]
    assert class_distribution({split: dict.fromkeys(map(str, range(80)), 1) for split in counts}).get_figheight() > 15


def test_wall_marks_right_and_wrong_by_more_than_color():
    pictures = [Image.new("RGB", size) for size in ((8, 8), (300, 100), (100, 300), (64, 64))]
    figure = prediction_wall(pictures, [f"true {i} / predicted, 97 %" for i in range(4)], [True, False, True, True])
    titles = [axes.get_title(loc="left") for axes in figure.axes[:4]]
    assert [title[0] for title in titles] == ["✓", "✗", "✓", "✓"]
    assert list(figure.get_size_inches()) == pytest.approx([WIDTH, 2 * (WIDTH / 3 + 0.46)])
    assert prediction_wall(pictures[:1], ["a / b, 1 %"], [False]).get_figwidth() == pytest.approx(WIDTH / 3)
