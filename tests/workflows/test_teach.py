"""From the pictures of a few classes to a model that answers."""

import pytest

from tests.app.models import noise
from tests.factories import fault_of
from vitrine.predict.predictor import Predictor
from vitrine.workflows.teach import find_taught, load_training, teach


@pytest.mark.slow
def test_ten_pictures_of_each_class_become_a_model_a_report_and_a_data_set(tmp_path):
    for name, seed in (("train", 0), ("calm", 100)):  # a class may be called as a split is
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(10):
            picture = noise(seed + number, (224, 224))
            picture = picture if name == "train" else picture.resize((1, 1)).resize((224, 224))
            picture.save(tmp_path / "pictures" / name / f"{number}.png")
    load_training()
    lesson = tmp_path / "animaux très rares"
    taught = teach(tmp_path / "pictures", lesson)
    assert (taught.tested > 0, 0 <= taught.right <= taught.tested) == (True, True)
    assert (taught.run / "report.html").exists()
    assert set(Predictor.load(str(taught.run / "model")).label_names) == {"train", "calm"}
    again = teach(tmp_path / "pictures", lesson)
    assert again.run != taught.run
    assert find_taught(lesson) == again


@pytest.mark.parametrize("name", ["my pets", "été", "_", "pets #1: [a]"])
def test_a_lesson_may_lie_in_a_folder_of_any_name(tmp_path, name):
    assert "pictures: it is not there" in fault_of(teach, tmp_path / "pictures", tmp_path / name)


def test_before_the_first_lesson_there_is_nothing(tmp_path):
    assert find_taught(tmp_path / "taught") is None
