"""The Python API as a notebook uses it, with the mistakes that people make."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import vitrine
from tests.factories import write_tiny_resnet
from vitrine.training.loop.trainer import Trainer

ROOT = Path(__file__).parent.parent
WIDEST = 200  # characters of a repr
FUNCTIONS = (vitrine.prepare, vitrine.study, vitrine.train, vitrine.evaluate, vitrine.compare, vitrine.load)


@pytest.fixture
def workplace(colors_workplace, tmp_path, monkeypatch):
    """The pictures, the prepared data set and the run, in a folder that may be written to."""
    for name in ("pictures", "prepared"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "colours").symlink_to(colors_workplace / name / "colours")
    (tmp_path / "finished").symlink_to((colors_workplace / "runs/colours/latest").resolve())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fault_of(call, *given, **parameters):
    with pytest.raises(vitrine.UserError) as caught:
        call(*given, **parameters)
    return str(caught.value)


def test_importing_vitrine_is_quick_and_loads_no_large_library():
    program = (
        "import sys, time; begun = time.perf_counter(); import vitrine; seconds = time.perf_counter() - begun\n"
        "heavy = {'torch', 'transformers', 'datasets', 'pandas', 'numpy', 'pydantic', 'PIL'} & set(sys.modules)\n"
        "print(seconds); sys.exit(str(heavy) if heavy else None)"
    )

    def seconds():
        answer = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        return float(answer.stdout)

    assert min(seconds() for _ in range(3)) < 0.2


def test_every_name_is_there_and_is_listed_and_others_are_refused():
    assert set(vitrine.__all__) <= set(dir(vitrine))
    assert all(getattr(vitrine, name).__doc__ for name in vitrine.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        vitrine.trian  # noqa: B018


@pytest.mark.parametrize("function", FUNCTIONS)
def test_each_function_explains_every_parameter(function):
    documented = inspect.getdoc(function)
    assert "Raises:" in documented
    assert ">>>" in documented
    for name in inspect.signature(function).parameters:
        assert f"{name}:" in documented, name


def test_a_data_set_tells_what_it_holds(workplace):
    data = vitrine.DataSet.open("prepared/colours")
    assert data.label_names == ("blue", "green", "red")
    assert data.counts["train"] == {"blue": 8, "green": 8, "red": 8}
    assert repr(data) == ("DataSet('prepared/colours': 36 pictures of 3 classes (24 training, 6 validation, 6 test))")
    page = data._repr_html_()
    assert all(word in page for word in ("blue", "validation", "prepared/colours/report.html"))
    assert data.report.path.is_file()


def test_names_of_classes_are_escaped_in_a_notebook(tmp_path, monkeypatch, make_class_folders):
    monkeypatch.chdir(tmp_path)
    make_class_folders({"<b>cat": 8, "dog": 8}, "pets")
    data = vitrine.prepare("pets", image_size=16, checks={"near_duplicates": False})
    assert "&lt;b&gt;cat" in data._repr_html_()
    assert "<b>cat" not in data._repr_html_()


def test_a_run_tells_what_it_reached(workplace):
    run = vitrine.Run.open("finished")
    low, high = run.accuracy_interval
    assert low <= run.accuracy <= high
    assert f"test accuracy {run.accuracy * 100:.1f}\N{NO-BREAK SPACE}% (95" in repr(run)
    assert len(repr(run)) < WIDEST + len(str(workplace))
    assert run.recipe.optim.epochs == len(run.history) == run.metrics.training.epochs == 1
    assert run.predictions["correct"].mean() == pytest.approx(run.accuracy)
    assert "small_cnn" in run._repr_html_()


def test_a_report_is_a_page_in_the_notebook_and_a_path_elsewhere(workplace):
    report = vitrine.Run.open("finished").report
    shown = report._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "&lt;!doctype html&gt;" in shown.lower()
    assert Path(report).read_text("utf-8") == report.path.read_text("utf-8")
    assert str(report).endswith("report.html")


def test_a_model_answers_one_picture_many_and_a_folder(workplace):
    model = vitrine.load("finished")
    file = "pictures/colours/red/000.png"
    one = model.predict(file)
    image = Image.open(file)
    assert model.predict(Path(file)) == one
    assert model.predict(image).ranking == one.ranking
    assert one.ranking[0][0] == one.label_name
    assert sum(share for _, share in one.ranking) == pytest.approx(1, abs=1e-6)
    both = model.predict([file, image])
    assert [len(prediction.ranking) for prediction in both] == [3, 3]
    everything = model.predict("pictures/colours")
    assert len(everything) == 36
    assert everything[0].file == "pictures/colours/blue/000.png"
    assert everything[24].ranking[0][1] == pytest.approx(one.ranking[0][1], abs=1e-6)


def test_a_picture_is_turned_alike_out_of_a_file_and_out_of_memory(workplace, awkward_pictures):
    model = vitrine.load("finished")
    file = awkward_pictures / "exif_6.jpg"
    assert model.predict(Image.open(file)).probability == pytest.approx(model.predict(file).probability, abs=1e-6)


def test_a_prediction_shows_its_picture_and_bars(workplace):
    prediction = vitrine.load("finished").predict("pictures/colours/red/000.png")
    page = prediction._repr_html_()
    assert "data:image/" in page
    assert page.count("width:12em") == 3
    assert prediction.answer in page
    assert repr(prediction).startswith(f"ImagePrediction({prediction.answer!r}: ")
    assert len(repr(prediction)) < WIDEST


def test_broken_pictures_among_many_have_their_reason_and_a_single_one_raises(workplace):
    Path("photos").mkdir()
    Path("photos/broken.jpg").write_text("text")
    Path("photos/red.png").symlink_to(Path("pictures/colours/red/000.png").resolve())
    model = vitrine.load("finished")
    broken, red = model.predict("photos")
    assert (broken.label_name, broken.ranking, broken.decision) == ("", (), None)
    assert broken.problem in repr(broken)
    assert broken.problem in broken._repr_html_()
    assert red.problem == ""
    assert model.predict(["photos/broken.jpg", "nowhere.png"])[1].problem == "there is no such file"
    assert "photos/broken.jpg: " in fault_of(model.predict, "photos/broken.jpg")
    assert "nowhere.png" in fault_of(model.predict, "nowhere.png")


def test_a_model_of_elsewhere_answers_too(workplace):
    model = vitrine.load(write_tiny_resnet(workplace / "tiny"))
    answers = model.predict(["pictures/colours/red/000.png", Image.new("L", (20, 50))])
    assert [len(answer.ranking) for answer in answers] == [7, 7]
    assert "7" not in repr(model) or "LABEL_0" in repr(model)


def test_nothing_is_printed_without_a_terminal(workplace, capfd):
    vitrine.prepare("pictures/colours", image_size=16, folder="prepared/again")
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


def test_an_interrupted_training_says_how_to_go_on_and_goes_on(workplace, monkeypatch):
    save = Trainer._save

    def save_then_stop(trainer):
        save(trainer)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "_save", save_then_stop)
        with pytest.raises(KeyboardInterrupt) as stopped:
            vitrine.train("prepared/colours", epochs=2)
    (note,) = stopped.value.__notes__
    (unfinished,) = Path("runs/colours").iterdir()
    assert f"vitrine.train(data, resume='{unfinished}')" in note
    assert "is not finished; go on with: vitrine.train(data, resume=" in fault_of(vitrine.load, unfinished)
    assert "leave out epochs" in fault_of(vitrine.train, "prepared/colours", resume=unfinished, epochs=3)
    run = vitrine.train("prepared/colours", resume=unfinished)
    assert run.metrics.training.epochs == 2
    assert run.folder.name == unfinished.name.removesuffix(".unfinished")
    assert "is not a run folder" in fault_of(vitrine.train, "prepared/colours", resume=unfinished)


@pytest.mark.parametrize(
    ("call", "given", "parameters", "message"),
    [
        (vitrine.prepare, ["nowhere"], {}, "data.source: nowhere: it is not there"),
        (vitrine.prepare, ["pictures/colours"], {"image_sice": 3}, "image_sice: unknown name; did you mean"),
        (vitrine.prepare, ["pictures/colours"], {"image_size": 3}, "data.image_size: must be at least 8 (got 3)"),
        (vitrine.prepare, ["pictures/colours"], {"recipe": "no.yaml"}, "no.yaml: there is no such recipe"),
        (vitrine.prepare, ["pictures/colours"], {"recipe": "pictures"}, "recipe: pictures is a folder"),
        (vitrine.train, ["pictures/colours"], {}, "vitrine.prepare makes one of a folder of pictures"),
        (vitrine.train, ["prepared/colours"], {"lr": 1e-3}, "lr: unknown name; did you mean optim.learning_rate?"),
        (vitrine.train, ["prepared/colours"], {"epochs": 2.5}, "optim.epochs: must be a whole number (got 2.5)"),
        (vitrine.train, ["prepared/colours"], {"optim": {"epocs": 2}}, "did you mean optim.epochs?"),
        (vitrine.train, ["prepared/colours"], {"optim.name": "adam"}, "did you mean adamw?"),
        (vitrine.train, ["prepared/colours"], {"image_size": 32}, "data.image_size is 32, not 16"),
        (vitrine.train, ["prepared/colours"], {"backbone": "rasnet18"}, "nearest in our table: resnet18"),
        (vitrine.study, ["prepared/colours"], {}, "'small_cnn' starts from random weights"),
        (vitrine.study, ["prepared/colours"], {"pictures": 0}, "pictures: must be at least 1 (got 0)"),
        (vitrine.load, ["nowhere/model"], {}, "no such folder here"),
        (vitrine.load, ["prepared/colours"], {}, "prepared/colours is not a model folder"),
        (vitrine.Run.open, ["prepared/colours"], {}, "is not a run folder"),
        (vitrine.evaluate, ["finished", "nowhere"], {}, "data.source: nowhere: it is not there"),
        (vitrine.evaluate, ["finished", "pictures/colours"], {"optim": {}}, "optim: only parameters of the sections"),
        (vitrine.evaluate, ["finished", "pictures/colours"], {"folder": "pictures"}, "is not an evaluation"),
        (vitrine.compare, ["prepared/colours"], {}, "name what is compared"),
        (vitrine.compare, ["prepared/colours", {"a": {"epocs": 1}}], {}, "variants.a: epocs: unknown name"),
        (vitrine.compare, ["prepared/colours", {"a": {}}], {"seed": 3}, "give seeds=[0, 1, 2]"),
    ],
)
def test_a_mistake_is_one_message_and_leaves_nothing_behind(workplace, call, given, parameters, message):
    before = sorted(workplace.iterdir())
    assert message in fault_of(call, *given, **parameters)
    left = [path for path in sorted(workplace.iterdir()) if path not in before]
    assert [path for path in left if path.name != "runs" or list(path.glob("*/*"))] == []


def test_two_folders_of_one_name_do_not_replace_each_other(workplace, make_class_folders):
    make_class_folders({"a": 6, "b": 6}, "elsewhere/colours")
    message = fault_of(vitrine.prepare, "elsewhere/colours", image_size=16)
    assert "prepared/colours was prepared from pictures/colours, not from elsewhere/colours" in message
    assert 'name="colours_2"' in message


def test_what_a_recipe_file_says_holds_and_keywords_change_it(workplace):
    from vitrine.workflows.train import recipe_for

    Path("quick.yaml").write_text("optim: {epochs: 7, weight_decay: 0.2}\n")
    recipe = recipe_for("prepared/colours", "quick.yaml", {"optim.epochs": 3})
    assert (recipe.name, recipe.optim.epochs, recipe.optim.weight_decay) == ("quick", 3, 0.2)
    assert (recipe.data.image_size, recipe.data.source) == (16, "pictures/colours")
