"""A batch from files to its table, in a folder of its own."""

import csv
import gc
import io
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from tests.factories import SIDE, fault_of
from vitrine.commands import predict
from vitrine.models.backbones.build import build_small_cnn
from vitrine.models.backbones.normalization import CENTERED
from vitrine.models.folder import build_processor, save_model
from vitrine.predict.answers.job import Allowed, BatchJob, TooManyFilesError
from vitrine.predict.predictor import Predictor

PNG = io.BytesIO()
Image.new("RGB", (30, 20), "red").save(PNG, "png")
PICTURE = PNG.getvalue()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "model"
    torch.manual_seed(0)
    save_model(folder, build_small_cnn(["a", "b", "c"], (8,), 1, 0.1), build_processor(SIDE, CENTERED))
    return folder


@pytest.fixture(scope="module")
def predictor(model):
    return Predictor.load(str(model))


@pytest.fixture
def job(predictor, tmp_path):
    (tmp_path / "place").mkdir()
    return BatchJob(predictor, tmp_path / "place")


@pytest.fixture
def write(tmp_path):
    def write(name, content=PICTURE):
        path = tmp_path / name
        path.write_bytes(content)
        return path, name

    return write


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files:
            opened.writestr(name, content)
    return path, path.name


def run(job, uploads):
    files = job.take(uploads)
    return files, list(job.run(files))


def problems(job):
    return {row.file: row.cells.get("problem", "") for row in job.table}


def test_rows_are_those_of_the_command(job, model, tmp_path, write):
    uploads = [zipped(tmp_path / "b.zip", [("1/x.png", PICTURE), ("broken.jpg", b"no picture")]), write("a.png")]
    run(job, uploads)
    table = tmp_path / "answers.csv"
    assert predict.main([str(model), str(tmp_path / "a.png"), str(tmp_path / "b.zip"), "--output", str(table)]) == 0
    assert table.read_text("utf-8").replace(f"{tmp_path}/", "") == job.export_csv().read_text("utf-8")


def test_what_is_no_picture_has_a_row_that_says_why(job, tmp_path, write):
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    entries = [("../evil.png", PICTURE), ("/etc/passwd", PICTURE), ("deeper.zip", b"PK"), ("good.png", PICTURE)]
    run(job, [zipped(tmp_path / "a.zip", entries), write("drawing.png", svg), write("page.png", b"<html><body>hello")])
    found = problems(job)
    assert found["a.zip/good.png"] == ""
    assert found["a.zip/../evil.png"] == found["a.zip//etc/passwd"] == "its path leads out of the archive"
    assert found["a.zip/deeper.zip"] == "not a picture (.zip)"
    assert found["drawing.png"].startswith("a drawing (SVG)")
    assert found["page.png"].startswith("a web page")
    assert {path.name for path in (tmp_path / "place").iterdir()} == {job.folder.name}


def test_a_link_in_an_archive_is_not_followed(job, tmp_path):
    (tmp_path / "secret.png").write_bytes(PICTURE)
    with tarfile.open(tmp_path / "a.tar", "w") as opened:
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.png")
        opened.addfile(link)
    run(job, [(tmp_path / "a.tar", "a.tar")])
    assert problems(job) == {"a.tar/link.png": "a link, which is not followed in an archive"}


def test_an_archive_that_cannot_be_unpacked_is_one_row_without_a_path_of_this_machine(job, tmp_path, write):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("a.png", bytes(65 * 2**20))
    run(job, [(tmp_path / "bomb.zip", "bomb.zip"), write("cut.zip", b"PK\3\4 cut"), write("a.png")])
    found = problems(job)
    assert found["bomb.zip"].endswith("as only a bomb does")
    assert found["cut.zip"].startswith("damaged, cut short")
    assert found["a.png"] == ""
    assert str(tmp_path) not in "".join(found.values())


def test_files_of_one_name_have_a_row_each(job, write, tmp_path):
    path, name = write("a.png")
    run(job, [(path, name), (path, name)])
    assert [row.file for row in job.table] == ["a.png", "a.png (2)"]


def test_each_row_leads_to_its_own_file(job, write):
    names = [f"{number}.png" for number in range(20)]
    uploads = [write(name, PICTURE + name.encode()) for name in names]
    run(job, uploads)
    assert all(row.path.read_bytes().endswith(row.file.encode()) for row in job.table)


def test_a_page_of_the_table_shows_each_picture_small_and_in_its_own_proportions(job, tmp_path, write):
    Image.new("RGB", (2000, 1000), "blue").save(tmp_path / "wide.png")
    run(job, [write("broken.png", b"x"), (tmp_path / "wide.png", "wide.png"), write("small.png")])
    by_name = {row.file: row.thumbnail for row in job.table.page("given", None, 0, 9)}
    assert by_name["broken.png"] is None
    assert Image.open(io.BytesIO(by_name["small.png"])).size == (30, 20)
    wide = Image.open(io.BytesIO(by_name["wide.png"]))
    assert wide.size == (96, 48)
    assert max(abs(np.subtract(wide.getpixel((40, 20)), (0, 0, 255)))) < 10
    assert {row.thumbnail for row in job.table} == {None}


def test_too_many_files_or_a_picture_that_is_too_large_are_refused(predictor, tmp_path, write):
    few = BatchJob(predictor, tmp_path, Allowed(files=2))
    assert fault_of(few.take, [write(f"{number}.png") for number in range(3)]) == "more than 2 files"
    small = BatchJob(predictor, tmp_path, Allowed(bytes_each=1))
    (file,) = small.take([write("a.png")])
    assert "the limit for one picture" in file.left_out


def test_archives_that_are_too_large_together_are_refused(predictor, tmp_path, write):
    allowed = Allowed(bytes_unpacked=1500)
    uploads = []
    for name in ("1.zip", "2.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as opened:
            opened.writestr("a.txt", "a" * 1000)
        uploads.append((tmp_path / name, name))
    BatchJob(predictor, tmp_path, allowed).take(uploads[:1])
    with pytest.raises(TooManyFilesError, match="GB of files in archives"):
        BatchJob(predictor, tmp_path, allowed).take(uploads)


def test_pictures_stay_when_the_uploads_are_deleted(job, write):
    path, name = write("a.png")
    files = job.take([(path, name)])
    path.unlink()
    assert list(job.run(files)) == [1]
    assert problems(job) == {"a.png": ""}


def test_a_job_that_is_stopped_keeps_the_rows_it_has(job, write):
    files = job.take([write(f"{number}.png") for number in range(30)])
    for done in job.run(files):
        if done >= 8:
            job.stop()
    assert 8 <= done < 30
    assert len(list(job.table)) == done
    assert len(list(csv.reader(job.export_csv().open(encoding="utf-8")))) == done + 1


def test_the_folder_goes_with_the_job(predictor, tmp_path, write):
    job = BatchJob(predictor, tmp_path / "")
    run(job, [write("a.png")])
    folder = job.folder
    assert folder.is_dir()
    del job
    gc.collect()
    assert not folder.exists()


def test_a_job_that_nobody_wants_any_more_ends_before_its_folder_goes(job, write):
    files = job.take([write(f"{number}.png") for number in range(30)])
    run = job.run(files)
    next(run)
    job.discard()
    assert job.folder.is_dir()
    assert list(run) == []
    assert not job.folder.exists()
    assert list(job.run(files)) == []


def test_closing_a_job_removes_its_folder_once(job):
    job.close()
    job.close()
    assert not job.folder.exists()
