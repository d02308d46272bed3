"""Recipes: read as meant, or refused with every fault in one message."""

import pytest

from tests.config.faults import fault_of
from vitrine.config.loading import dump_recipe, load_recipe, load_stored_recipe, parameter_names
from vitrine.config.recipe import Recipe


def test_empty_file_is_the_default_recipe_named_after_the_file(write):
    assert load_recipe(write("", "birds.yaml")) == Recipe(name="birds")


def test_sections_whose_lines_are_all_commented_out_keep_their_defaults(write):
    path = write("data:\n  # image_size: 64\noptim:\n")
    assert load_recipe(path, ["data.image_size=32"]).data.image_size == 32


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "0.001", "1.0e-3", ".001"])
def test_every_way_of_writing_a_number_is_a_number(write, text):
    assert load_recipe(write(f"optim:\n  learning_rate: {text}\n")).optim.learning_rate == 0.001
    assert load_recipe(None, [f"optim.learning_rate={text}"]).optim.learning_rate == 0.001


def test_dates_and_leading_zeros_stay_what_was_written(write):
    assert load_recipe(write("name: 2024-01-31\nengine: {seed: 010}\n")).name == "2024-01-31"
    assert load_recipe(write("engine: {seed: 010}\n")).engine.seed == 10


@pytest.mark.parametrize("text", ["2024", "best #1", "a: b", "[x]", "~/pictures", "no", "*star", "Fotos é 🐶"])
def test_a_text_parameter_on_the_command_line_is_taken_as_it_stands(text):
    assert load_recipe(None, [f"data.source={text}"]).data.source == text


def test_null_on_the_command_line_clears_a_text_parameter(write):
    path = write("data:\n  prepared: elsewhere\n")
    assert load_recipe(path, ["data.prepared=null"]).data.prepared is None


def test_later_overrides_win_over_earlier_ones_and_over_the_file(write):
    path = write("optim: {epochs: 3}\n")
    assert load_recipe(path, ["optim.epochs=4", "optim.epochs=5"]).optim.epochs == 5


def test_byte_order_mark_and_merge_keys_are_read(write):
    assert load_recipe(write("\ufeffname: x\n")).name == "x"
    data = load_recipe(write("data: {<<: {image_size: 32, split_seed: 1}, split_seed: 2}\n")).data
    assert (data.image_size, data.split_seed) == (32, 2)


def test_dumped_recipe_loads_as_the_same_recipe(write):
    recipe = load_recipe(None, ["name=u", "data.source=Fotos é", "model.small_cnn.filters=[8, 16]"])
    assert load_recipe(write(dump_recipe(recipe), "other.yaml")) == recipe


def test_one_message_lists_every_fault_of_the_file_and_the_overrides(write):
    path = write("data: {image_szie: 32, validation_fraction: 1.5}\noptim: {epochs: 2.7}\nmodle: {backbone: x}\n")
    message = fault_of(path, "engine.seed=-1", "epochs")
    assert message.startswith(f"{path} (with 2 overrides):\n  ")
    assert sorted(message.splitlines()[1:]) == sorted(
        [
            "  epochs: an override reads section.name=value, for example optim.epochs=5",
            "  data.image_szie: unknown name; did you mean data.image_size?",
            "  data.validation_fraction: must be less than 1 (got 1.5)",
            "  optim.epochs: must be a whole number (got 2.7)",
            "  modle: unknown name; did you mean model?",
            "  engine.seed: must be at least 0 (got -1)",
        ]
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("data.image_szie", "data.image_size"),
        ("epochs", "optim.epochs"),
        ("backbone", "model.backbone"),
        ("optim.lr", "optim.learning_rate"),
        ("optimm.epochs", "optim"),
        ("model.smal_cnn", "model.small_cnn"),
        ("model.small_cnn.filter", "model.small_cnn.filters"),
        ("optim.patience", "early_stopping.patience"),
    ],
)
def test_an_unknown_name_brings_the_likely_one(given, meant):
    assert f"unknown name; did you mean {meant}?" in fault_of(None, f"{given}=1")


def test_an_unknown_name_like_no_other_points_to_the_list():
    assert "zzzz: unknown name; --help lists all names" in fault_of(None, "zzzz=1")


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("augmentation.policy=ligth", "'trivialaugment' or 'randaugment' (got 'ligth'); did you mean light?"),
        ("augmentation.policy=on", "'trivialaugment' or 'randaugment' (got 'on')"),
        ("augmentation.rotaton=3", "augmentation.rotaton: unknown name; did you mean augmentation.rotation?"),
        ("augmentation.rotation=200", "augmentation.rotation: must be at most 180 (got 200)"),
        ("augmentation.hue=0.7", "augmentation.hue: must be at most 0.5 (got 0.7)"),
        ("augmentation.cutmix=true", "augmentation.cutmix: must be a number (got True)"),
        ("augmentation.vertical_flip=2", "augmentation.vertical_flip: must be true or false (got 2)"),
        ("optim.epochs=true", "optim.epochs: must be a whole number (got True)"),
        ("optim.epochs='3'", "optim.epochs: must be a whole number (got '3')"),
        ("optim.epochs=", "optim.epochs: must be a whole number (got None)"),
        ("optim.learning_rate=fast", "optim.learning_rate: must be a number (got 'fast')"),
        ("optim.learning_rate=.nan", "optim.learning_rate: must be a finite number (got nan)"),
        ("early_stopping.min_delta=.inf", "early_stopping.min_delta: must be a finite number (got inf)"),
        ("augmentation.horizontal_flip=1", "augmentation.horizontal_flip: must be true or false (got 1)"),
        ("model.small_cnn.filters=3", "model.small_cnn.filters: must be a list, for example [32, 64] (got 3)"),
        ("model.small_cnn.filters=[]", "model.small_cnn.filters: must hold at least one value that is allowed"),
        ("optim=3", "optim: must be a section with names and values (got 3)"),
        ("optim.epochs.x=3", "optim.epochs: must be a whole number (got {'x': 3})"),
        ("name=a b", "a recipe without a name takes its file's (got 'a b')"),
        ("name=../up", "name: may hold letters, digits, '.', '-' and '_' only"),
        ("=3", "=3: an override reads section.name=value"),
        ("optim.epochs=[", "the value is not valid YAML"),
    ],
)
def test_a_wrong_value_is_named_with_its_rule_and_what_was_given(override, message):
    assert message in fault_of(None, override)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("data:\n  image_size: 32\n  image_size: 64\n", "'image_size' is there twice; keep one of them (line 3)"),
        ("data: {}\ndata: {}\n", "'data' is there twice; keep one of them (line 2)"),
        ("data:\n\timage_size: 3\n", "found character '\\t' that cannot start any token (line 2)"),
        ("- a\n- b\n", "a recipe has sections such as 'data:'"),
        ("hello\n", "a recipe has sections such as 'data:'"),
        ("1: 2\n", "a recipe has sections such as 'data:'"),
        ("? [a]\n: b\n", "found unhashable key (line 1)"),
        ("a: 1\n---\nb: 2\n", "found another document (line 2)"),
        ("name: !!python/object:os.system x\n", "could not determine a constructor"),
        ("data: pictures\n", "data: must be a section with names and values (got 'pictures')"),
        ("data: {1: 2}\n", "data.1: a name must be text (got 1)"),
        ("name: 2024\n", "name: must be text; put it in quotes where it looks like something else (got 2024)"),
        ("data: " + "[" * 1000, "not valid YAML"),
        (f"optim: {{epochs: {'9' * 5000}}}\n", "not valid YAML"),
        (b"a: \x00\n", "it holds the character U+0000, which no text has"),
        (bytes(range(256)), "not a recipe, since it is not a text file (UTF-8)"),
        ("name: x\n".encode("utf-16"), "not a recipe, since it is not a text file (UTF-8)"),
    ],
)
def test_a_file_that_is_no_recipe_is_named_with_the_reason(write, content, message):
    path = write(content)
    assert fault_of(path).startswith(str(path))
    assert message in fault_of(path)


def test_a_long_wrong_value_is_shortened(write):
    assert len(fault_of(write(f"data: {{source: [{'x, ' * 5000}]}}\n"))) < 300


def test_a_missing_recipe_brings_the_likely_one(write):
    path = write("", "digits.yaml")
    assert f"did you mean {path}?" in fault_of(path.with_name("digit.yaml"))
    assert "has: digits.yaml" in fault_of(path.with_name("zzz.yaml"))
    assert "has: none" in fault_of(path.parent / "nowhere" / "zzz.yaml")


def test_a_folder_instead_of_a_recipe_is_refused(tmp_path):
    assert "cannot be read (Is a directory)" in fault_of(tmp_path)


def test_every_parameter_can_be_set_by_the_name_that_help_shows():
    for name in parameter_names(Recipe):
        default = Recipe().model_dump()
        for part in name.split("."):
            default = default[part]
        text = "null" if default is None else str(list(default)) if isinstance(default, tuple) else str(default)
        assert load_recipe(None, [f"{name}={text}"]) == Recipe()


def test_the_recipe_of_an_earlier_run_says_what_its_build_did(tmp_path):
    (tmp_path / "recipe.yaml").write_text("preparation: {resize: crop}\n")
    stored = load_stored_recipe(tmp_path / "recipe.yaml").preparation
    assert (stored.resize, stored.color_profiles) == ("crop", "ignore")
    assert load_recipe(tmp_path / "recipe.yaml").preparation.color_profiles == "apply"
