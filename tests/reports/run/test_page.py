import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tests.reports.fabricated import Page, change_json, prepare_classes, write_history, write_run
from vitrine.errors import UserError
from vitrine.reports.run.page import write_run_report
from vitrine.reports.shared.wall import choose_predictions, describe_choice
from vitrine.ui.texts import load_texts

NASTY = '<b>bold & "quoted" é'


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Three classes of 15, 15 and 10 pictures, and one of a single picture, which cannot be tested."""
    pictures = {NASTY: 15, "NA": 15, "007": 10, "single": 1}
    return prepare_classes(tmp_path_factory.mktemp("data"), pictures)


def predict_with_mistakes(prepared):
    """One picture of each tested class is taken for another."""
    labels = list(prepared.splits["test"]["label"])
    first = {labels.index(label) for label in labels}
    return [(label + 1) % 3 if place in first else label for place, label in enumerate(labels)]


@pytest.fixture
def run(tmp_path, reported):
    """The run as it was before it had a report."""
    unreported = shutil.ignore_patterns("report.html", "figures")
    return Path(shutil.copytree(reported, tmp_path / "run", ignore=unreported))


@pytest.fixture(scope="module")
def reported(tmp_path_factory, prepared):
    """A run with mistakes and its report, under an unfinished name."""
    folder = tmp_path_factory.mktemp("reported") / "run.unfinished"
    write_run_report(write_run(folder, prepared, predict_with_mistakes(prepared)), prepared)
    return folder


@pytest.fixture(scope="module")
def page(reported):
    return Page(reported / "report.html")


def report(run, prepared):
    write_run_report(run, prepared)
    return Page(run / "report.html")


def test_report_states_accuracy_and_interval_of_the_metrics(reported, page):
    test = json.loads((reported / "metrics.json").read_text())["test"]
    low, high = test["accuracy_interval"]
    assert f"Accuracy on test pictures {test['accuracy'] * 100:.1f} % 13 of 16 right" in page.text
    assert f"95 % interval {low * 100:.1f} % to {high * 100:.1f} %" in page.text
    assert (
        "about 81 are named rightly (95 % interval: 56 to 94; measured on 16 test pictures it never saw)." in page.text
    )
    assert f"Cohen's kappa {test['cohen_kappa']:.3f} substantial agreement" in page.text


def test_report_shows_every_figure_of_the_records(page):
    for fact in ("12,345, of which trained 678", "4 of 5 planned; stopped early", "1 min 23 s", "321 pictures a second",
                 "0.1234", "CPU, 2 threads", "2.15.0", "not recorded (no git checkout)", "21 November 2026, 09:42 UTC",
                 "name: animals", "a <comment>",
                 "41 files found: 41 used, 0 not there, 0 not readable, 0 left out."):  # fmt: skip
        assert fact in page.text


def test_report_is_self_contained(page):
    assert "script" not in page.tags
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"data:[^\"]*", "", page.source))
    assert "default-src 'none'" in page.source


def test_report_of_a_run_under_its_unfinished_name_does_not_mention_it(reported, page):
    assert "unfinished" not in page.source
    assert str(reported.parent) not in page.source


def test_names_are_escaped_and_shown_as_they_are(page):
    assert f"{NASTY} rightly named, 90 %" in page.text
    assert "<b>bold" not in page.source
    assert "called NA, 90 %" in page.text
    assert "007 rightly named, 90 %" in page.text


def test_pictures_are_inline_with_a_text_for_those_who_cannot_see_them(page):
    pictures = page.pictures("frame")
    assert len(pictures) == 16
    assert all(picture["src"].startswith("data:image/png") for picture in pictures)  # 40 x 20: small, so lossless
    assert all((picture["width"], picture["height"]) == ("40", "20") for picture in pictures)
    assert all(attributes["alt"] for tag, attributes in page.attributes if tag == "img")


def test_wrong_predictions_are_shown_first(page):
    frames = [a["class"] for _, a in page.attributes if (a.get("class") or "").startswith("frame ")]
    assert frames == ["frame wrong"] * 3 + ["frame right"] * 13
    assert "All 3 wrong answers, then 13 right ones" in page.text


def test_a_class_without_test_pictures_is_named_and_not_given_figures(page):
    assert "'single' has no test picture: how well it is recognised is not known." in page.text
    assert "single not tested 0 1" in page.text


def test_confused_pairs_stand_in_words(page):
    assert f"1 of 4 test pictures of 007 was called {NASTY}." in page.text
    assert "3 mistakes in 16 test pictures altogether." in page.text


def test_figures_are_written_beside_the_report(reported):
    names = sorted(path.name for path in (reported / "figures").iterdir())
    assert names == ["confusion_matrix.png", "curves.png", "predictions.png"]
    for name in names:
        with Image.open(reported / "figures" / name) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300


@pytest.mark.slow
def test_sixty_classes_and_a_faultless_network_with_its_own_code_are_reported(tmp_path, page):
    prepared = prepare_classes(tmp_path / "data", {f"class {i:02d}": 3 for i in range(60)})
    run = write_run(tmp_path / "run", prepared, prepared.splits["test"]["label"], own_code=True)
    faultless = report(run, prepared)
    assert all(name in faultless.text for name in prepared.label_names)
    assert "about 100 are named rightly" in faultless.text
    assert "No test picture was named wrongly." in faultless.text
    assert "None of the 60 test pictures was named wrongly; here are 24 of them." in faultless.text
    assert 'model="RUN/model", trust_remote_code=True' in faultless.text
    assert "trust_remote_code" not in page.text
    assert len(faultless.source) < 1_000_000


@pytest.mark.slow
def test_two_classes_and_a_model_that_always_gives_the_same_answer_are_reported(tmp_path):
    prepared = prepare_classes(tmp_path / "data", {"cat": 5, "dog": 5})
    exposed = report(write_run(tmp_path / "run", prepared, [1] * len(prepared.splits["test"])), prepared)
    assert "With 50.0 % it is no better than always answering 'cat' (right for 50.0 %)." in exposed.text
    assert "It gives the same answer to every test picture: 'dog'." in exposed.text
    assert re.search(r"cat 0 % 0.\d+ % never named 0.000 0.000.[\d.]+ 2 2", exposed.text)
    assert "top-3 accuracy" not in exposed.text


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [("test", {"accuracy": None}, "metrics.json: an earlier version of Vitrine wrote it (test.accuracy is missing)"),
     ("test", {"accuracy": float("nan")}, "metrics.json: test.accuracy: Input should be a finite number"),
     ("test", {"accuracy": 0.5}, "test.accuracy is 0.5, but predictions.csv gives 0.8125"),
     ("test", {"pictures": 17}, "test.pictures is 17, but the confusion matrix holds 16"),
     ("test", {"per_class": []}, "the classes of metrics.json are not those of the prepared data set"),
     ("test", {"confusion_matrix": [[16]]}, "the confusion matrix is not 4 x 4"),
     ("validation", {"best_epoch": 9}, "validation.best_epoch is 9, which history.csv does not have")],
)  # fmt: skip
def test_missing_or_contradictory_figures_are_an_error_and_not_a_blank(run, prepared, section, values, message):
    change_json(run / "metrics.json", section, **values)
    with pytest.raises(UserError, match=re.escape(message)):
        write_run_report(run, prepared)
    assert not (run / "report.html").exists()


@pytest.mark.parametrize(
    "name", ["recipe.yaml", "environment.json", "history.csv", "metrics.json", "model/config.json"]
)
def test_a_missing_record_is_named(run, prepared, name):
    (run / name).unlink()
    with pytest.raises(UserError, match=f"{name} is missing, so the run cannot be reported"):
        write_run_report(run, prepared)


def test_faulty_tables_are_named(run, prepared):
    write_history(run, 4).drop(columns="train_loss").to_csv(run / "history.csv", index=False)
    with pytest.raises(UserError, match=r"history\.csv: the column train_loss is missing"):
        write_run_report(run, prepared)
    write_history(run, 4).assign(train_loss="?").to_csv(run / "history.csv", index=False)
    with pytest.raises(UserError, match=r"history\.csv: the column train_loss holds more than numbers"):
        write_run_report(run, prepared)
    write_history(run, 0)
    with pytest.raises(UserError, match=r"history\.csv: it has no rows"):
        write_run_report(run, prepared)


def test_predictions_of_another_data_set_are_refused(run, prepared):
    predictions = pd.read_csv(run / "predictions.csv", dtype=str, keep_default_na=False)
    predictions.assign(file="elsewhere/" + predictions["file"]).to_csv(run / "predictions.csv", index=False)
    with pytest.raises(UserError, match="which is not in the test split"):
        write_run_report(run, prepared)


def make_predictions(right, wrong):
    names = [f"class {number % 3}" for number in range(right + wrong)]
    table = pd.DataFrame(
        {"file": range(right + wrong), "label_name": names, "correct": [True] * right + [False] * wrong}
    )
    return table.assign(probability=table["file"] / 1000)


def test_wall_takes_the_surest_mistakes_and_right_answers_of_every_class_in_turn():
    predictions = make_predictions(right=300, wrong=40)
    chosen = choose_predictions(predictions)
    assert list(chosen["file"][:12]) == list(range(339, 327, -1))
    assert list(chosen["label_name"][12:]) == ["class 0", "class 1", "class 2"] * 4
    assert describe_choice(chosen, predictions, load_texts("en")).startswith(
        "The 12 surest of the 40 wrong answers, then 12 right ones"
    )


@pytest.mark.parametrize(("right", "wrong", "shown"), [(2, 40, 22), (0, 5, 5), (100, 1, 1)])
def test_wall_is_filled_with_what_there_is(right, wrong, shown):
    predictions = make_predictions(right, wrong)
    chosen = choose_predictions(predictions)
    assert len(chosen) == min(24, right + wrong)
    assert (~chosen["correct"]).sum() == shown


def test_a_french_page_holds_no_english_sentence(tmp_path, prepared, page):
    run = write_run(tmp_path / "run", prepared, predict_with_mistakes(prepared))
    write_run_report(run, prepared, "fr")
    french = Page(run / "report.html")
    assert page.attributes[0] == ("html", {"lang": "en"})
    assert french.attributes[0] == ("html", {"lang": "fr"})
    assert "environ 81 reçoivent le bon nom (intervalle à 95 % : 56 à 94 ;" in french.text
    assert "21 novembre 2026 à 09:42 UTC" in french.text
    english = {word for word in re.findall(r"[a-z]{3,}", french.text) if word in ENGLISH_WORDS}
    assert english == set()


ENGLISH_WORDS = {"the", "with", "are", "was", "were", "right", "pictures", "answer", "which", "that", "only"}


def test_the_page_bears_the_name_of_the_run_and_not_that_of_its_pictures(run, prepared):
    recipe = run / "recipe.yaml"
    recipe.write_text(re.sub(r"(?m)^name: .*$", "name: second_try", recipe.read_text("utf-8")), encoding="utf-8")
    page = report(run, prepared)
    assert "second_try: report of a training run" in page.text
    assert page.text.count("second_try") >= 2


@pytest.mark.parametrize(("views", "is_told"), [pytest.param(0, True, marks=pytest.mark.slow), (1, False)])
def test_the_speed_is_told_where_pictures_were_looked_at_in_every_epoch(run, prepared, views, is_told):
    change_json(run / "metrics.json", "training", feature_views=views)
    assert ("pictures a second" in report(run, prepared).text) is is_told


@pytest.mark.parametrize("accuracy", [None, 0.875])
def test_what_the_head_alone_reached_is_told_where_it_was_fitted_first(run, prepared, accuracy):
    change_json(run / "metrics.json", "training", head_first_accuracy=accuracy)
    told = "87.5 % of the validation pictures right with it alone" in report(run, prepared).text.replace("\xa0", " ")
    assert told is (accuracy is not None)
