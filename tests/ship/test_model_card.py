"""The card of a model, matched whole for each kind of recipe."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.ship import evidence as kinds
from vitrine.app.tabs.programs import curl_snippet
from vitrine.ship.model_card import Terms, check_model_card, render_model_card, write_model_card
from vitrine.ship.run_evidence import read_evidence

GOLDEN = Path(__file__).parents[1] / "golden"
CARDS = Path(__file__).parent / "cards"


@pytest.fixture(scope="module")
def run(golden_run):
    return golden_run


@pytest.fixture(scope="module")
def golden(run):
    return read_evidence(run)


def terms_of(golden, **changes):
    terms = Terms("ann/colours", "apache-2.0", "apache-2.0", "cc-by-4.0", tuple(golden.metadata.examples))
    return replace(terms, **changes)


def test_the_card_in_the_folder_of_a_network_from_scratch(run):
    write_model_card(run)
    card = (run / "model/README.md").read_text("utf-8")
    assert card == (CARDS / "scratch.md").read_text("utf-8")
    check_model_card(card)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("pretrained", {}),
        ("head_only", {"examples": (), "backbone_license": "unknown", "license": "mit"}),
        ("many_classes", {"examples": (), "backbone_license": "none", "license": "unknown", "data_license": "unknown"}),
    ],
)
def test_the_card_of_a_published_model(golden, kind, changes):
    card = render_model_card(getattr(kinds, kind)(golden), terms_of(golden, **changes))
    assert card == (CARDS / f"{kind}.md").read_text("utf-8")
    check_model_card(card)


def test_numbers_of_numpy_become_plain_ones_in_the_model_index(golden):
    test = golden.metrics.test.model_copy(update={"accuracy": np.float64(0.5), "macro_f1": np.float32(0.25)})
    changed = replace(golden, metrics=golden.metrics.model_copy(update={"test": test}))
    card = render_model_card(changed, terms_of(golden))
    assert "numpy" not in card
    assert "      value: 0.5\n      name: Accuracy\n" in card
    check_model_card(card)


@pytest.mark.parametrize("value", ["!!python/object/apply:numpy._core.multiarray.scalar", ".nan", "high"])
def test_a_figure_that_is_no_plain_number_is_refused(golden, value):
    card = render_model_card(golden, terms_of(golden)).replace("value: 1.0", f"value: {value}", 1)
    with pytest.raises(ValueError, match="plain"):
        check_model_card(card)


def test_names_of_classes_may_hold_anything(golden):
    names = ["🐦/tit", "a|b `c`", "<script>"]
    rows = [
        row.model_copy(update={"label_name": name})
        for row, name in zip(golden.metrics.test.per_class, names, strict=True)
    ]
    test = golden.metrics.test.model_copy(update={"per_class": rows})
    counts = {split: dict.fromkeys(names, 6) for split in golden.data.counts}
    named = replace(
        golden,
        metadata=golden.metadata.model_copy(update={"label_names": names}),
        metrics=golden.metrics.model_copy(update={"test": test}),
        data=golden.data.model_copy(update={"counts": counts}),
    )
    card = render_model_card(named, terms_of(golden, examples=()))
    check_model_card(card)
    assert "| 🐦/tit | 6 | 6 |" in card
    assert "| a\\|b \\`c\\` | 6 | 6 |" in card
    assert "<script>" not in card


def test_a_license_with_a_text_of_its_own_is_other_on_the_hub(golden):
    card = render_model_card(golden, terms_of(golden, license="dinov3-license"))
    assert "\nlicense: other\n" in card
    assert "\nlicense_name: dinov3-license\n" in card


def test_a_class_without_a_name_is_an_error_not_a_blank(golden):
    metadata = golden.metadata.model_copy(update={"name": " "})
    with pytest.raises(ValueError, match="blank"):
        render_model_card(replace(golden, metadata=metadata), terms_of(golden))


def test_the_card_asks_over_http_as_the_page_of_the_app_shows_it(golden):
    card = render_model_card(golden, terms_of(golden))
    asking = curl_snippet("http://127.0.0.1:7860", 3).splitlines()[-1]
    assert asking.replace("picture.jpg", "photo.jpg") in card


def test_no_folder_of_this_machine_stands_in_a_card(golden):
    recipe = json.loads(json.dumps(golden.metadata.recipe)) | {"data": {"source": "/srv/secret/pictures"}}
    metadata = golden.metadata.model_copy(update={"recipe": recipe})
    evidence = kinds.of_backbone(replace(golden, metadata=metadata), "/srv/secret/weights.safetensors")
    assert "secret" not in render_model_card(evidence, terms_of(golden))


@pytest.mark.parametrize(
    ("license_id", "told"),
    [
        ("cc-by-nc-4.0", "exclude commercial use, also of every model trained from them."),
        ("dinov3-license", "which follows every model trained from them; read it before you pass the model on."),
        ("apache-2.0", ""),
        ("unknown", ""),
    ],
)
def test_a_license_of_weights_that_binds_is_told(golden, license_id, told):
    card = render_model_card(kinds.pretrained(golden), terms_of(golden, backbone_license=license_id))
    assert ("Mind that the weights of" in card) == bool(told)
    assert told in plain(card)


def plain(text):
    return " ".join(text.split())


def test_the_card_repeats_the_license_of_the_run_that_it_started_from(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    first = tmp_path / "first" / "model"
    first.mkdir(parents=True)
    (first / "config.json").write_text("{}")
    (first / "README.md").write_text("---\nlicense: other\nlicense_name: dinov3-license\n---\n")
    metrics = json.loads((run / "metrics.json").read_text())
    metrics["training"]["backbone"] = str(first.parent)
    (tmp_path / "run" / "metrics.json").write_text(json.dumps(metrics))
    write_model_card(tmp_path / "run")
    card = (tmp_path / "run/model/README.md").read_text("utf-8")
    assert "\nlicense_name: dinov3-license\n" in card
    assert "(dinov3-license), which follows every model trained from them" in card
