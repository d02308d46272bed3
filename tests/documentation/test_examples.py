"""Every command and every Python example in a block of README and documentation does what it says, on small pictures.

A page is gone through as a reader does, from its top to its end, in a folder that holds what the documentation speaks
of and a finished run; recipes train for two epochs there, and a tiny network stands for those of the Hub. torchrun,
Accelerate and Dask start two processes, a double stands for the Hub; what is not run is named in `blocks.ELSEWHERE`.
What stands within sentences is run by test_prose.py.
"""

import re
import shutil

import pytest

from tests.documentation.blocks import ROOT, command_lines, pages, read_blocks
from tests.documentation.programs import Programs
from tests.documentation.running import Reader, run_python
from tests.documentation.workplace import make_small, write_workplace
from tests.hub_fixtures import hub

__all__ = ["hub"]
PAGES = [page for page in pages() if read_blocks(page)]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """After the three commands of README."""
    folder = write_workplace(tmp_path_factory.mktemp("workplace"))
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        reader = Reader(folder, patched, [])
        for words in command_lines(
            next(one.code for one in read_blocks(ROOT / "README.md") if "data_prep" in one.code)
        ):
            reader.type(words)
    return folder


def follow(blocks, reader, folder):
    names: dict[str, object] = {}
    for block in blocks:
        if block.language == "python":
            run_python(block.code, names, folder)
        elif block.language == "yaml":
            (folder / block.file_name).write_text(make_small(block.code, folder), "utf-8")
        else:
            for words in command_lines(block.code):
                reader.type(words)


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_can_be_followed_from_its_top_to_its_end(page, workplace, hub, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    shutil.copytree(workplace, folder, symlinks=True)
    monkeypatch.chdir(folder)
    blocks = read_blocks(page)
    lines = [words for block in blocks if block.language == "sh" for words in command_lines(block.code)]
    curls = [words for words in lines if words[0] == "curl"]
    with Programs(folder) as programs:
        reader = Reader(folder, monkeypatch, curls, programs, hub)
        follow(blocks, reader, folder)
    if curls and not reader.asked:  # the page tells what to ask, and another one how to open the app
        reader.type(["python", "app.py", "--model", "runs/dogs/latest", "--corrections", "kept"])
    assert reader.asked >= len(curls)


def test_every_target_of_make_that_a_page_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in pages():
        named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
        assert set(named) <= targets, page.name
