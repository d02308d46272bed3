"""The blocks of commands, Python and YAML on a page, in their order."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tools.site_links import split_fences
from tools.site_pages import written_pages

ROOT = Path(__file__).parents[2]
INLINE = re.compile(r"`([^`\n]+)`")
FILE_NAME = re.compile(r"# (\S+\.yaml)\n")
OPENING = re.compile(r" *```(?P<language>sh|python|yaml)\n")
# Programs beside Vitrine, each with the test that holds its lines to the truth instead of a run.
PARSED = "tests/documentation/test_programs.py::test_a_line_is_one_that_the_program_takes"
ELSEWHERE = {
    "make": "tests/documentation/test_examples.py::test_every_target_of_make_that_a_page_names_exists",
    "pip": "tests/documentation/test_prose.py::test_what_a_page_installs_is_there_to_be_installed",
    "hf": PARSED,  # asks for an account of the Hub
    "docker": PARSED,
    "accelerate": PARSED,  # named alone, or warned of; with a script it is run
    "dask": PARSED,  # `dask cuda worker` is of dask-cuda, for GPUs
    "srun": "tests/work/test_ranks.py::test_torchrun_and_slurm_say_which_rank_this_is",
    "aws": "tests/data/prepared/test_local_copy.py::test_a_copy_is_the_data_set_file_for_file_and_opens_as_it_does",
}
# These make an environment, a folder, or the credentials of somebody else's account.
NOT_OURS = {"python3", "source", "mkdir", "gcloud"}


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        language: sh, python or yaml.
        code: without the fences.
    """

    language: str
    code: str

    @property
    def file_name(self) -> str:
        """Of the file that a block in YAML is, which its first line names."""
        name = FILE_NAME.match(self.code)
        assert name is not None, f"the first line names the file: {self.code.splitlines()[0]}"
        return name[1]


def pages() -> list[Path]:
    """README and every page that a person wrote, but the record of experiments and of changes."""
    records = ("EXPERIMENTS.md", "CHANGELOG.md", "DESIGN.md")
    return [page for page in sorted(written_pages(ROOT).values()) if page.name not in records]


def read_blocks(page: Path) -> list[Block]:
    """Those of a page; scripts (which begin with #!) are no commands to type."""
    found = []
    for part, in_fence in split_fences(page.read_text("utf-8")):
        opening = OPENING.match(part) if in_fence else None
        if opening is not None and "#!/" not in part:
            found.append(Block(opening["language"], part[opening.end() :].rsplit("```", 1)[0]))
    return found


def read_scripts(page: Path) -> list[str]:
    """The scripts of a page, for another program to start."""
    parts = [part for part, in_fence in split_fences(page.read_text("utf-8")) if in_fence and "#!/" in part]
    return [part[OPENING.match(part).end() :].rsplit("```", 1)[0] for part in parts]


def command_lines(code: str) -> list[list[str]]:
    """The words of each command, comments left out; what is piped or written to a file counts as far as that."""
    lines = []
    for line in re.sub(r"\\\n|(?<=&&)\n", " ", _join_quoted(code)).splitlines():
        words = shlex.split(line, comments=True)
        ends = [number for number, word in enumerate(words) if word in (">", "|", "&&")]
        words = words[: ends[0]] if ends else words
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words = words[1:]
        if words:
            lines.append(words)
    return lines


def _join_quoted(code: str) -> str:
    """A quoted text of several lines on one."""
    return re.sub(r"'[^']*'", lambda found: found[0].replace("\n", " "), code)
