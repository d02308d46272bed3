"""The plain route for corrections: what programs send, and what is kept of it."""

import hashlib

import httpx
import pytest

from tests.app.models import LABELS, serving
from vitrine.app.api.guards import Access
from vitrine.app.api.routes import Programs, build_routes
from vitrine.app.corrections import CorrectionDesk
from vitrine.corrections.store import CorrectionStore
from vitrine.data.images.decoding import ImageError
from vitrine.predict.batcher import Batcher
from vitrine.predict.predictor import Predictor


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return CorrectionStore(tmp_path_factory.mktemp("kept") / "store")


@pytest.fixture(scope="module")
def page(model_folder, store):
    with serving(model_folder, CorrectionDesk(store)) as address:
        yield address


def send(page, content, headers=None, name="a.jpg", **fields):
    return httpx.post(f"{page}/correct", files={"picture": (name, content)}, data=fields, headers=headers, timeout=30)


def test_a_label_is_kept_with_the_hash_the_answer_and_who_says_it(page, store, picture):
    answer = send(page, picture.read_bytes(), label="red", reviewer="ann").json()
    kept = store.all()[-1]
    assert answer == {
        "id": kept.id,
        "sha256": hashlib.sha256(picture.read_bytes()).hexdigest(),
        "kind": "label",
        "label": "red",
        "answer": kept.answer,
        "picture_kept": False,
        "reviewers_differ": False,
    }
    assert (kept.sha256, kept.label, kept.reviewer) == (answer["sha256"], "red", "ann")
    assert kept.answer in LABELS


def test_none_of_the_classes_a_new_label_and_a_conflict(page, store, picture):
    content = picture.read_bytes()
    none = send(page, content, reviewer="bob", keep_picture="true").json()
    assert (none["kind"], none["picture_kept"], none["reviewers_differ"]) == ("none", True, True)
    assert store.picture(store.all()[-1]).is_file()
    assert send(page, content, label="<b>=1+1</b>", reviewer="bob").json()["kind"] == "new"
    assert store.all()[-1].label == "<b>=1+1</b>"


def test_a_picture_that_the_preparation_cannot_take_is_refused_and_not_kept(page, store, picture, monkeypatch):
    def refuse(*_arguments):
        raise ImageError("this model's preparation cannot take 1 x 1 pixels")

    before = len(store.all())
    monkeypatch.setattr(Predictor, "pixels", refuse)
    answer = send(page, picture.read_bytes(), label="red")
    assert (answer.status_code, len(store.all())) == (422, before)
    assert answer.json()["error"].startswith("a.jpg was not used: this model's preparation cannot take 1 x 1 pixels")


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        (b"hello", {}, 422, "a.jpg was not used: a text, not a picture"),
        (None, {"Sec-Fetch-Site": "cross-site"}, 403, "not from other sites"),
    ],
)
def test_what_is_no_picture_or_comes_from_another_site_is_refused_and_not_kept(
    page, store, picture, content, headers, status, words
):
    before = len(store.all())
    answer = send(page, content or picture.read_bytes(), headers, label="red")
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert len(store.all()) == before


def test_a_form_without_its_picture_is_told_what_to_send(page):
    answer = httpx.post(f"{page}/correct", data={"label": "red"})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("send the picture as the file `picture` of a form")


def test_a_store_that_cannot_be_written_is_said_without_its_folder(page, store, picture):
    aside = store.folder.rename(store.folder.with_name("aside"))
    store.folder.write_text("in the way")
    answer = send(page, picture.read_bytes(), label="red")
    assert answer.status_code == 503
    assert "cannot write to its folder" in answer.json()["error"]
    assert str(store.folder.parent) not in answer.text
    store.folder.unlink()
    aside.rename(store.folder)
    assert send(page, picture.read_bytes(), label="red").status_code == 200


def test_it_is_described_beside_the_others(page):
    described = httpx.get(f"{page}/openapi.json").json()["paths"]
    assert {"/predict", "/correct"} <= set(described)


def test_without_a_desk_there_is_no_such_route(predictor):
    assert "/correct" not in [route.path for route in build_routes(Programs(Batcher(predictor), "dogs"))]


def test_behind_a_password_it_is_the_name_that_tells_reviewers_apart(model_folder, tmp_path, picture):
    store = CorrectionStore(tmp_path / "behind")
    access = Access(user="team", password="secret")  # noqa: S106 (of this test)
    with serving(model_folder, CorrectionDesk(store), access=access) as address:
        for fields in ({"reviewer": "ann"}, {}):
            given = httpx.post(
                f"{address}/correct",
                files={"picture": ("a.jpg", picture.read_bytes())},
                data={"label": "red", **fields},
                auth=("team", "secret"),
                timeout=30,
            )
            assert given.status_code == 200
    assert [one.reviewer for one in store.all()] == ["ann", "team"]
