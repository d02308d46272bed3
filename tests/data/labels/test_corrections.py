"""Corrected labels: what a table may say, what it does to a data set, and that it moves nothing else."""

import shutil

import pytest

from tests.conftest import draw_shape
from tests.data.trees import prepare, settings_for
from vitrine.config.data import LabelsSection
from vitrine.data.labels.corrections import read_corrections, read_rows
from vitrine.data.prepare.unchanged import find_unchanged
from vitrine.errors import UserError
from vitrine.records.corrections import COLUMNS, Row, write_rows
from vitrine.records.findings import read_findings
from vitrine.records.manifest import read_manifest


@pytest.fixture
def source(make_class_folders):
    return make_class_folders({"cat": 20, "dog": 20})


@pytest.fixture
def write(tmp_path):
    """A function that writes a correction file and gives its name."""

    def make(*rows, name="corrections.csv"):
        write_rows(tmp_path / name, rows)
        return str(tmp_path / name)

    return make


def relabel(file, label_name="cat", new_label="dog"):
    return Row(file, label_name, action="relabel", new_label=new_label)


def remove(file, label_name="cat"):
    return Row(file, label_name, action="remove")


def rows_of(prepared):
    return read_manifest(prepared.folder).set_index("file")


def test_new_labels_are_used_and_the_old_ones_stay_on_record(source, write):
    prepared = prepare(source, corrections=write(relabel("cat/003.png"), remove("cat/004.png")))
    manifest = rows_of(prepared)
    assert manifest.loc["cat/003.png", ["label_name", "source_label", "status"]].tolist() == ["dog", "cat", "kept"]
    removed = manifest.loc["cat/004.png"]
    assert (removed["status"], removed["reason"]) == ("left_out", "removed by data.corrections")
    stored = {row["file"]: prepared.label_names[row["label"]] for split in prepared.splits.values() for row in split}
    assert stored["cat/003.png"] == "dog"
    assert "cat/004.png" not in stored
    assert len(stored) == 39
    assert prepared.facts.corrections == ["corrections.csv: 1 label corrected and 1 picture removed."]
    assert prepared.facts.label_sources == {"cat": ["cat"], "dog": ["dog"]}
    findings = {one.name: one for one in read_findings(prepared.folder / "findings.json")}
    assert findings["relabelled"].remarks == ("was 'cat'",)
    assert findings["removed"].count == 1


@pytest.mark.parametrize("folds", [None, 4])
def test_corrections_move_no_other_picture_to_another_side(source, write, folds):
    before = rows_of(prepare(source, folds=folds))[["split", "fold"]]
    shutil.rmtree(source.with_name("pictures_prepared"))  # nothing is remembered
    files = [file for file, split in before["split"].items() if split == "test" and file.startswith("cat")]
    learned = [file for file, split in before["split"].items() if split == "train" and file.startswith("cat")]
    corrections = write(relabel(files[0]), remove(files[1]), relabel(learned[0]), relabel(learned[1]))
    after = rows_of(prepare(source, folds=folds, corrections=corrections))[["split", "fold"]]
    assert after.loc[files[1], "split"] == ""
    others = before.index.drop(files[1])
    assert after.loc[others].equals(before.loc[others])


def test_a_second_preparation_takes_corrections_over_and_back(source, write):
    plain = prepare(source)
    before = {row["file"]: split for split, rows in plain.splits.items() for row in rows}
    corrected = prepare(source, corrections=write(relabel("cat/003.png"), remove("dog/005.png", "dog")))
    assert corrected.facts.files_kept == 39
    again = prepare(source)
    assert {row["file"] for rows in again.splits.values() for row in rows} == set(before)
    assert rows_of(again).loc["cat/003.png", "label_name"] == "cat"
    assert again.facts.corrections == []


def test_a_picture_whose_accents_are_stored_otherwise_is_found(make_class_folders, write):
    source = make_class_folders({"Ka\u0308se": 9, "dog": 9})
    path = write(relabel("K\u00e4se/001.png", "K\u00e4se", "dog"))
    rows = rows_of(prepare(source, corrections=str(path)))
    assert rows.loc["Ka\u0308se/001.png", "label_name"] == "dog"


def test_only_rows_with_an_action_count(source, write, tmp_path):
    path = write(Row("cat/001.png", "cat", "dog"), Row("cat/002.png", "cat", "dog", "relabel"))
    found = read_corrections(tmp_path / "corrections.csv")
    assert [(one.line, one.file, one.new_label) for one in found] == [(3, "cat/002.png", "dog")]
    labels = rows_of(prepare(source, corrections=path))["label_name"]
    assert (labels["cat/001.png"], labels["cat/002.png"]) == ("cat", "dog")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("file;label_name;action;new_label\r\ncat/é.png;cat;Relabel;vert é\r\n", "cp1252"),
        ("File,Label_Name,Action,New_Label,\n\ncat/é.png,cat, relabel ,vert é,,,\n", "utf-8-sig"),
        ("file\tlabel_name\taction\tnew_label\ncat/é.png\tcat\tRELABEL\tvert é\n", "utf-16"),
    ],
)
def test_what_spreadsheets_make_of_the_table_is_read(tmp_path, text, encoding):
    path = tmp_path / "c.csv"
    path.write_bytes(text.encode(encoding))
    assert [(one.file, one.label_name, one.new_label) for one in read_corrections(path)] == [
        ("cat/é.png", "cat", "vert é")
    ]


def test_awkward_names_survive_writing_and_reading(tmp_path):
    rows = [Row('a, "b";\té.png', "cat, dog", "x;y", "relabel", " =1", "train", "0.5"), Row("=b.png", "-", action="")]
    write_rows(tmp_path / "c.csv", rows)
    first, second = (row for _, row in read_rows(tmp_path / "c.csv"))
    assert (first.file, first.label_name, first.suggested) == ('a, "b";\té.png', "cat, dog", "x;y")
    assert second.file == "=b.png"
    assert "\n'=b.png,'-," in (tmp_path / "c.csv").read_text("utf-8"), "a spreadsheet would compute it"
    assert (tmp_path / "c.csv").read_bytes().startswith(b"\xef\xbb\xbf" + ",".join(COLUMNS).encode())


def test_every_fault_is_named_with_its_line_and_nothing_is_written(source, write):
    prepare(source)
    path = write(
        relabel("cat/001.png"),
        relabel("cat/01.png"),
        relabel("cat/002.png", new_label="dgo"),
        relabel("dog/003.png", label_name="cat", new_label="bird"),
        relabel("dog/004.png", label_name="bird", new_label="cat"),
    )
    with pytest.raises(UserError) as caught:
        prepare(source, corrections=path)
    message = str(caught.value)
    assert "corrections.csv cannot be applied; nothing was changed:" in message
    assert "line 3: there is no picture cat/01.png; did you mean cat/0" in message
    assert "line 4: there is no class 'dgo'; did you mean dog?" in message
    assert "line 5: there is no class 'bird'" in message
    assert "line 6: dog/004.png is 'dog' now, not 'bird' as the file says" in message
    assert "the classes are 'cat', 'dog'" in message
    assert "line 2" not in message
    assert rows_of(prepare(source))["label_name"]["cat/001.png"] == "cat"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([Row("a", "cat", action="delete")], r"line 2: action must be relabel, remove, add or empty \(got 'delete'\)"),
        ([Row("a", "cat", action="relabel")], "line 2: relabel needs a class in new_label or suggested"),
        ([Row("a", "cat", new_label="dog")], "line 2: new_label is 'dog', but action is empty"),
        ([relabel("a", new_label="cat")], r"line 2: the new label is the one that the picture has \('cat'\)"),
        ([relabel("a"), remove("b"), remove("a")], "line 4: contradicts line 2, which is also about a"),
        ([Row("a", "cat", "dog")], "no row of .* is marked"),
    ],
)
def test_rows_that_are_not_clear_are_refused(write, tmp_path, rows, message):
    write(*rows)
    with pytest.raises(UserError, match=f"(?s)data.corrections: .*{message}"):
        read_corrections(tmp_path / "corrections.csv")


def test_a_class_that_one_row_adds_is_there_for_the_others(source, write):
    new = Row("cat/001.png", "cat", action="relabel", new_label="fox", kind="new")
    later = [relabel(f"cat/{number:03d}.png", new_label="fox") for number in range(2, 10)]
    rows = rows_of(prepare(source, corrections=write(new, *later)))
    assert rows["label_name"].value_counts()["fox"] == 9


def test_the_same_row_twice_is_no_contradiction(write, tmp_path):
    write(remove("a"), remove("a"))
    assert len(read_corrections(tmp_path / "corrections.csv")) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no file"), ("a,b\n1,2\n", "has no column file and label_name and action")],
)
def test_a_file_that_is_no_correction_file_is_refused(source, tmp_path, content, message):
    if content:
        (tmp_path / "c.csv").write_text(content)
    with pytest.raises(UserError, match=message):
        prepare(source, corrections=str(tmp_path / "c.csv"))


def test_a_source_that_was_mended_in_the_meantime_needs_no_correction(source, write, tmp_path):
    (source / "cat" / "003.png").rename(source / "dog" / "moved.png")
    (source / "cat" / "005.png").write_bytes(b"broken")
    path = write(relabel("dog/moved.png"), relabel("cat/005.png"), relabel("cat/006.png"))
    assert prepare(source, corrections=path).facts.corrections == [
        "corrections.csv: 1 label corrected and 0 pictures removed; 2 more rows were no longer needed."
    ]


def test_exact_copies_with_the_same_label_go_along_and_others_do_not(source, write):
    shutil.copy(source / "cat" / "003.png", source / "cat" / "copy.png")
    shutil.copy(source / "cat" / "003.png", source / "dog" / "copy.png")
    prepared = prepare(source, corrections=write(relabel("cat/003.png")))
    labels = rows_of(prepared)
    assert labels.loc[["cat/003.png", "cat/copy.png", "dog/copy.png"], "label_name"].tolist() == ["dog"] * 3
    assert (labels["status"] == "kept").all()  # without the correction they contradict each other
    assert "1 of them as exact copy of others" in prepared.facts.corrections[0]


def test_labels_are_those_of_the_recipe_not_of_the_source(source, write):
    labels = LabelsSection(rename={"cat": "felis"})
    prepared = prepare(source, labels=labels, corrections=write(relabel("dog/001.png", "dog", "felis")))
    assert rows_of(prepared).loc["dog/001.png", ["label_name", "source_label"]].tolist() == ["felis", "dog"]
    with pytest.raises(UserError, match="there is no class 'cat'"):
        prepare(source, labels=labels, corrections=write(relabel("dog/001.png", "dog", "cat"), name="b.csv"))


def test_a_class_is_not_left_without_training_pictures(make_class_folders, write):
    source = make_class_folders({"cat": 12, "dog": 12, "emu": 4})
    splits = rows_of(prepare(source))["split"]
    trained = [file for file, split in splits.items() if split == "train" and file.startswith("emu")]
    with pytest.raises(UserError, match="leaves class 'emu' without a training picture"):
        prepare(source, corrections=write(*(relabel(file, "emu", "cat") for file in trained)))


def test_a_changed_correction_file_is_noticed_and_an_unchanged_one_too(source, write):
    path = write(relabel("cat/003.png"))
    final = prepare(source, corrections=path).folder
    assert find_unchanged(final, settings_for(source, corrections=path)) is not None
    assert find_unchanged(final, settings_for(source)) is None
    write(relabel("cat/003.png"))
    assert find_unchanged(final, settings_for(source, corrections=path)) is not None
    write(relabel("cat/003.png"), remove("cat/004.png"))
    assert find_unchanged(final, settings_for(source, corrections=path)) is None


def test_pictures_added_later_do_not_disturb_corrections(source, write):
    path = write(relabel("cat/003.png"))
    before = rows_of(prepare(source, corrections=path))["split"]
    draw_shape(0, 77).save(source / "cat" / "077.png")
    after = rows_of(prepare(source, corrections=path))
    assert after["split"][before.index].equals(before)
    assert after.loc["cat/003.png", "label_name"] == "dog"


@pytest.fixture
def chinese(make_class_folders):
    return make_class_folders({"狗": 20, "猫": 20})


def in_page(tmp_path, page, *rows):
    """A correction file as a spreadsheet saves it in a code page."""
    write_rows(tmp_path / "corrections.csv", rows)
    content = (tmp_path / "corrections.csv").read_text("utf-8-sig")
    (tmp_path / "corrections.csv").write_bytes(content.encode(page))
    return str(tmp_path / "corrections.csv")


def test_a_correction_file_in_a_code_page_is_read_by_the_names_that_it_must_hold(chinese, tmp_path):
    file = in_page(tmp_path, "gbk", relabel("狗/003.png", "狗", "猫"))
    assert rows_of(prepare(chinese, corrections=file)).loc["狗/003.png", "label_name"] == "猫"


def test_names_that_are_not_found_in_a_guessed_code_page_say_that_it_was_guessed_and_how_to_give_it(chinese, tmp_path):
    file = in_page(tmp_path, "gbk", relabel("狗/003.png", "狗", "鸟"))
    with pytest.raises(UserError, match=r"(?s)no class '鸟'.*a code page that was guessed.*data\.encoding") as one:
        prepare(chinese, corrections=file)
    assert "save it as UTF-8" in str(one.value)
    with pytest.raises(UserError, match=r"was read in gbk, as data\.encoding says"):
        prepare(chinese, corrections=file, encoding="gbk")


def test_a_correction_file_in_utf8_says_nothing_of_code_pages(chinese, write):
    with pytest.raises(UserError, match="there is no class '鸟'") as one:
        prepare(chinese, corrections=write(relabel("狗/003.png", "狗", "鸟")))
    assert "code page" not in str(one.value)
