"""From an uploaded file to a picture, or to a sentence that says why not."""

import asyncio
import errno
import struct
import zlib
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.route_utils import GradioMultiPartParser
from PIL import Image
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException

from tests.app.models import noise, upload
from tests.app.waiting import wait_for
from tests.factories import fault_of
from vitrine.app import uploads
from vitrine.app.uploads import LONGEST_NAME, accept_files_only, displayable, guard_uploads, open_upload
from vitrine.errors import UserError
from vitrine.ui.texts import load_texts

ENGLISH = load_texts("en")


def test_a_format_that_browsers_cannot_show_is_shown_as_a_small_png(folder):
    kept = open_upload(upload(folder, "a.webp"), folder, ENGLISH)
    assert displayable(kept, folder) == kept.path
    noise(1, (30, 10)).save(folder / "named.jpg", format="TIFF")
    renamed = open_upload({"path": str(folder / "named.jpg")}, folder, ENGLISH)
    assert displayable(renamed, folder).suffix == ".png"
    noise(1, (3000, 10)).save(folder / "wide.tiff")
    shown = displayable(open_upload({"path": str(folder / "wide.tiff")}, folder, ENGLISH), folder)
    assert shown.suffix == ".png"
    assert shown.is_relative_to(folder)


def test_only_files_of_the_upload_folder_are_opened(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "picture.png"
    noise(0).save(outside)
    (folder / "link.png").symlink_to(outside)
    for path in (
        outside,
        folder / "link.png",
        folder / ".." / outside.parent.name / "picture.png",
        folder / "none.png",
    ):
        with pytest.raises(UserError, match="it was not uploaded, or was deleted since"):
            open_upload({"path": str(path)}, folder, ENGLISH)


def test_a_long_file_name_is_cut_in_the_middle_so_that_its_end_is_seen(folder):
    name = "long" * 30 + ".png"
    assert len(open_upload(upload(folder, "a.png") | {"orig_name": name}, folder, ENGLISH).name) == LONGEST_NAME
    assert open_upload(upload(folder, "a.png") | {"orig_name": name}, folder, ENGLISH).name.endswith(".png")
    assert open_upload(upload(folder, "a.png") | {"orig_name": "/home/me/dog.png"}, folder, ENGLISH).name == "dog.png"


def cut_short(path):
    noise(9, (400, 300)).save(path)
    path.write_bytes(path.read_bytes()[:-900])


def too_many_pixels(path):
    """The size in a PNG's header is that of a huge picture; nobody shall get as far as the pixels."""
    Image.new("1", (1, 1)).save(path)
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", 20_000, 15_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("write", "name", "reason"),
    [
        (lambda path: path.write_text("hello"), "text.jpg", "not a picture"),
        (lambda path: path.write_bytes(b""), "empty.png", "empty"),
        (cut_short, "half.jpg", "cut short"),
        (too_many_pixels, "huge.png", "megapixels; the limit is 150"),
        (lambda path: path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(20)), "IMG_1.HEIC", "header is damaged"),
        (lambda path: path.write_bytes(b"II*\0"), "IMG_1.dng", "header is damaged"),
    ],
)
def test_a_wrong_file_is_named_with_reason_and_advice_and_no_path_of_the_server(folder, write, name, reason):
    write(folder / name)
    with pytest.raises(UserError) as caught:
        open_upload({"path": str(folder / name)}, folder, ENGLISH)
    message = str(caught.value)
    assert message.startswith(f"{name} was not used: ")
    assert reason in message
    assert "JPEG" in message
    assert "/" not in message


def test_a_web_address_is_not_fetched_and_a_file_is_kept_as_before():
    picture = SimpleNamespace(async_move_resource_to_block_cache=lambda source: asyncio.sleep(0, f"kept {source}"))
    accept_files_only(picture)
    assert wait_for(picture.async_move_resource_to_block_cache("a.png")) == "kept a.png"
    with pytest.raises(gr.Error, match="given as a web address, and those are not fetched"):
        wait_for(picture.async_move_resource_to_block_cache("http://example.org/a.png"))


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "full"), ConnectionResetError(), asyncio.CancelledError()])
def test_of_an_upload_that_breaks_off_nothing_is_left_for_the_next_visitor(tmp_path, fault):
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'

    async def stream():
        yield head + b"the first part of a picture"
        assert list(tmp_path.iterdir())
        raise fault

    guard_uploads()
    guard_uploads()  # a second page in the same process changes nothing
    headers = Headers({"Content-Type": "multipart/form-data; boundary=x"})
    parser = GradioMultiPartParser(headers, stream(), upload_dir=tmp_path, max_file_size=1000)
    with pytest.raises(type(fault)):
        wait_for(parser.parse())
    assert list(tmp_path.iterdir()) == []


def send(tmp_path, *files, limit):
    """Parses a request with files of a few bytes; returns what is stored, by its size."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n'
        % (name.encode(), bytes(size))
        for name, size in files
    ]

    async def stream():
        for part in [*parts, b"--x--\r\n"]:
            yield part

    guard_uploads()
    headers = Headers({"Content-Type": "multipart/form-data; boundary=x"})
    parser = GradioMultiPartParser(headers, stream(), upload_dir=tmp_path, max_file_size=limit)
    wait_for(parser.parse())
    return sorted(path.stat().st_size for path in tmp_path.iterdir())


def test_archives_may_be_larger_than_pictures_and_both_have_a_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 100)
    assert send(tmp_path, ("a.png", 100), ("b.ZIP", 900), ("c.tar.gz", 1000), limit=1000) == [100, 900, 1000]
    with pytest.raises(MultiPartException, match="maximum allowed size of 100 bytes"):
        send(tmp_path, ("a.png", 101), limit=1000)
    with pytest.raises(MultiPartException, match="maximum allowed size of 1000 bytes"):
        send(tmp_path, ("b.zip", 1001), limit=1000)


def test_a_picture_that_came_among_archives_still_has_its_own_limit(folder, monkeypatch):
    picture = upload(folder)
    monkeypatch.setattr(uploads, "MAX_UPLOAD_BYTES", 10)
    assert "the limit is 50 MB" in fault_of(open_upload, picture, folder, ENGLISH)
