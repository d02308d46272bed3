"""The prepared data set as a notebook shows it."""

import vitrine


def test_a_data_set_tells_what_it_holds(colors_folder):
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


def test_a_data_set_in_a_store_is_opened_as_its_copy_with_its_report(colors_folder, put_in_store):
    address = put_in_store(colors_folder / "prepared" / "colours")
    data = vitrine.DataSet.open(address)
    assert data.counts == vitrine.DataSet.open("prepared/colours").counts
    assert data.folder.is_relative_to(colors_folder / "cache")
    assert data.report.path.is_file()
