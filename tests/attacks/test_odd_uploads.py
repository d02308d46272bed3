"""Odd files, one after the other and all at once: each is answered or refused in words, and nothing else happens."""

import tempfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.attacks.odd_files import MAKERS, odd_file
from vitrine.data.sources.archives import SUFFIXES
from vitrine.predict.answers.job import BatchJob

FEW = 100  # more than there are kinds, so that each kind comes with several names
MANY = pytest.param(2000, marks=pytest.mark.slow)


def everything_in(place):
    return {path for path in place.iterdir() if not path.name.startswith("vitrine-app-")}


@pytest.mark.parametrize("count", [FEW, MANY])
def test_the_server_answers_each_in_words_and_stays_up(address, picture, count):
    place, good = Path(tempfile.gettempdir()), {"picture": ("a.jpg", picture.read_bytes())}
    with httpx.Client(base_url=address, timeout=60) as client:
        before, there = client.post("/predict", files=good).json(), everything_in(place)
        assert "decision" in before
        answered = 0
        for number in range(count):
            name, content = odd_file(number)
            answer = client.post("/predict", files={"picture": (name, content)})
            assert answer.status_code < 500, (name, answer.text)
            assert answer.json().keys() & {"error", "decision"}, (name, answer.text)
            answered += answer.status_code == 200
            assert str(place) not in answer.text, (name, answer.text)
        assert client.post("/predict", files=good).json() == before
    assert everything_in(place) == there
    assert 0 < answered < count


@pytest.mark.parametrize("count", [FEW, MANY])
def test_a_batch_has_a_row_for_each_and_writes_nothing_outside(predictor, tmp_path, count):
    given, place = tmp_path / "given", tmp_path / "place"
    given.mkdir()
    place.mkdir()
    uploads = []
    for number in range(count):
        name, content = odd_file(number)
        (given / str(number)).write_bytes(content)
        uploads.append((given / str(number), name))
    job = BatchJob(predictor, place)
    files = job.take(uploads)
    assert sum(1 for _ in job.run(files)) > 0
    rows = list(job.table)
    plain = [name for _, name in uploads if not name.endswith(SUFFIXES)]
    assert len({row.file for row in rows}) == len(rows) == len(files) >= len(plain)
    assert len({row.kind for row in rows}) > 1
    with zipfile.ZipFile(job.export_folders()) as opened:
        names = [Path(name) for name in opened.namelist()]
    assert all(len(name.parts) <= 2 and not name.is_absolute() and ".." not in name.parts for name in names)
    assert set(tmp_path.iterdir()) == {given, place}
    assert [path for path in place.iterdir() if path != job.folder] == []


def test_odd_files_are_the_same_each_time_and_of_every_kind():
    assert [odd_file(number) for number in range(50)] == [odd_file(number) for number in range(50)]
    assert len(MAKERS) < FEW
