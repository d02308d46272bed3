"""What a notebook shows is small, and escaped."""

from PIL import Image

from vitrine.workflows.notebook import Page, bar, small_image, table, tell_accuracy, titled


def test_text_is_escaped_wherever_it_goes():
    shown = titled("<i>", table([("<b>", 1)], ["<th>", "n"]), "<a>")
    assert all(f"&lt;{tag}&gt;" in shown for tag in ("i", "b", "th", "a"))
    assert not any(f"<{tag}>" in shown for tag in ("i", "th", "a"))


def test_empty_parts_leave_no_line():
    assert titled("x", "", "y").count("<div>") == 2


def test_a_bar_is_as_long_as_its_share():
    assert "width:12.3%" in bar(0.1234)


def test_a_picture_is_made_small_and_the_original_stays():
    picture = Image.new("RGB", (4000, 1000))
    assert len(small_image(picture)) < 5000
    assert picture.size == (4000, 1000)


def test_an_accuracy_comes_with_its_interval_and_number_of_pictures():
    told = tell_accuracy(0.9, (0.8, 0.95), 1234).replace("\N{NO-BREAK SPACE}", " ")
    assert told == "test accuracy 90.0 % (95 % interval 80.0 % to 95.0 %) on 1,234 pictures"


def test_a_page_is_a_path_and_travels_inside_the_notebook(tmp_path):
    (tmp_path / "p.html").write_text('<p class="x">é</p>', "utf-8")
    page = Page(tmp_path / "p.html")
    assert open(page, encoding="utf-8").read() == '<p class="x">é</p>'  # noqa: PTH123, SIM115 (what `open` takes)
    assert 'srcdoc="&lt;p class=&quot;x&quot;&gt;é&lt;/p&gt;"' in page._repr_html_()
