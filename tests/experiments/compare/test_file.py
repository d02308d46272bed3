"""Comparison files: what they may say, and that every mistake is named before anything runs."""

from pathlib import Path

import pytest

from vitrine.config.loading import load_recipe
from vitrine.errors import UserError
from vitrine.experiments.compare.file import load_comparison

READY = sorted((Path(__file__).parents[3] / "configs" / "compare").glob("*.yaml"))
TWO = "variants: {plain: {}, light: {augmentation.policy: light}}\n"


def complaint(path, overrides=()):
    with pytest.raises(UserError) as caught:
        load_comparison(path, overrides)
    return str(caught.value)


def test_changes_may_be_a_mapping_of_dotted_or_nested_names_or_a_list(write_comparison):
    path = write_comparison(
        "variants:\n  dotted: {optim.epochs: 3}\n  nested: {optim: {epochs: 4, learning_rate: 1e-4}}\n"
        "  list: [optim.epochs=5, 'model.small_cnn.filters=[2, 3]']\n"
    )
    dotted, nested, listed = (variant.recipe for variant in load_comparison(path).variants)
    assert [one.optim.epochs for one in (dotted, nested, listed)] == [3, 4, 5]
    assert nested.optim.learning_rate == 1e-4
    assert listed.model.small_cnn.filters == (2, 3)


def test_a_variant_may_start_from_another_recipe(write_comparison, tmp_path):
    (tmp_path / "other.yaml").write_text("optim: {epochs: 7}\n")
    path = write_comparison("variants: {plain: {}, other: {recipe: other.yaml, optim.batch_size: 8}}\n")
    plain, other = load_comparison(path).variants
    assert (plain.recipe.optim.epochs, other.recipe.optim.epochs, other.recipe.optim.batch_size) == (1, 7, 8)
    assert (plain.data_name, other.data_name) == ("base", "other")


def test_the_command_line_changes_the_comparison_all_variants_or_one(write_comparison):
    overrides = ["seeds=[3]", "optim.epochs=2", "variants.light.optim.batch_size=9", "name=mine", "reference=light"]
    found = load_comparison(write_comparison(TWO), overrides)
    assert (found.seeds, found.name, found.reference) == ((3,), "mine", "light")
    assert [variant.recipe.optim.epochs for variant in found.variants] == [2, 2]
    assert [variant.recipe.optim.batch_size for variant in found.variants] == [512, 9]


def test_every_fault_is_named_at_once(write_comparison):
    message = complaint(
        write_comparison(
            "variants:\n  a: {augmentation.polcy: none}\n  b: {optim.epochs: 2.7}\n  c: {engine.seed: 3}\n"
            "  d: {recipe: bas.yaml}\n"
        )
    )
    assert "variants.a: augmentation.polcy: unknown name; did you mean augmentation.policy?" in message
    assert "variants.b: optim.epochs: must be a whole number" in message
    assert "variants.c: engine.seed=3: not here, since 'seeds'" in message
    assert "bas.yaml: there is no such recipe; did you mean" in message


def test_a_fault_of_the_base_recipe_is_named_once(write_comparison):
    message = complaint(write_comparison(TWO), ["data.image_szie=16"])
    assert message.count("data.image_szie: unknown name") == 1
    assert "variants." not in message


@pytest.mark.parametrize(
    ("text", "overrides", "expected"),
    [
        ("variantes: {}\n" + TWO, [], "variantes: unknown name; did you mean variants?"),
        ("seeds: [1, 1]\n" + TWO, [], "seeds: a seed is there twice"),
        ("seeds: []\n" + TWO, [], "seeds: must hold at least one value"),
        ("reference: lihgt\n" + TWO, [], "there is no variant 'lihgt'; did you mean light?"),
        ("folds: 1\n" + TWO, [], "folds: must be at least 2"),
        ("variants: {a: {}, b: {}}\n", [], "variants.b: the same as 'a'"),
        ("variants: {}\n", [], "variants: "),
        (TWO, ["augmentation.policy=strong"], "write variants.light.augmentation.policy=strong"),
        (TWO, ["variants.ligth.optim.epochs=2"], "there is no variant 'ligth'; did you mean light?"),
        (TWO, ["data.fold=1"], "data.fold=1: not here"),
        (TWO, ["seeds=[1"], "seeds=[1: the value is not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(write_comparison, text, overrides, expected):
    assert expected in complaint(write_comparison(text), overrides)


def test_a_missing_file_is_no_comparison(tmp_path):
    assert "there is no such comparison" in complaint(tmp_path / "none.yaml")


def test_there_are_ready_comparisons():
    assert len(READY) >= 6


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_comparisons_load_and_open_with_purpose_and_command(path):
    found = load_comparison(path)
    assert (found.name, bool(found.question)) == (path.stem, True)
    header = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    assert len(header[0]) > 20
    assert any(line.startswith(f"#   python -m vitrine compare configs/compare/{path.name}") for line in header)


def test_ready_comparisons_take_weights_from_the_command_line(tmp_path):
    heads = next(path for path in READY if path.stem == "heads")
    found = load_comparison(heads, [f"model.backbone={tmp_path}", f"data.source={tmp_path}"])
    assert {variant.recipe.model.backbone for variant in found.variants} == {str(tmp_path)}
    assert load_recipe(heads.parent.parent / "head_only.yaml").model.backbone != str(tmp_path)


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_comparisons_of_augmentations_are_of_networks_that_see_them(path):
    base, *others = (variant.recipe for variant in load_comparison(path).variants)
    for recipe in (one for one in others if one.augmentation != base.augmentation):
        # A head alone sees each picture as it is, unless it has several views.
        assert recipe.model.trainable_part != "head" or recipe.model.feature_views > 1
