"""`vitrine completion`: scripts that shells take, and that complete."""

import shutil
import subprocess
import sys

import pytest

from vitrine.commands import completion
from vitrine.commands.completion import SHELLS, write_completion

COMPLETE = """
source "$1"
COMP_WORDS=("${@:2}"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE="${*:2}"; COMP_POINT=${#COMP_LINE}
complete -p vitrine | grep -q -- "-F" || exit 3
$(complete -p vitrine | sed 's/.*-F \\([^ ]*\\).*/\\1/') vitrine "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory):
    path = tmp_path_factory.mktemp("completion") / "vitrine"
    path.write_text(write_completion("bash"), "utf-8")
    return path


def complete(script, folder, *words):
    """What bash offers for the last of the words."""
    answer = subprocess.run(
        [shutil.which("bash"), "-c", COMPLETE, "bash", str(script), "vitrine", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


@pytest.mark.skipif(
    sys.platform == "win32" or shutil.which("bash") is None, reason="bash is not installed, or reads other paths"
)
def test_bash_completes_commands_options_and_choices(bash_script, tmp_path):
    assert complete(bash_script, tmp_path, "le") == ["learning-curve"]
    assert complete(bash_script, tmp_path, "train", "--res") == ["--resume"]
    assert set(complete(bash_script, tmp_path, "runs", "--sort", "a")) == {"age", "accuracy"}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script_with_every_command(shell, capsys):
    assert completion.main([shell]) == 0
    script = capsys.readouterr().out
    for name in ("push-data", "learning-curve", "demo"):
        assert name in script


def test_the_help_says_where_the_script_goes():
    text = completion.build_parser().format_help()
    assert "bash:  python -m vitrine completion bash > ~/.local/share/bash-completion/completions/vitrine" in text
    assert "zsh" in text
    assert "tcsh" in text


def test_another_shell_is_refused(capsys):
    with pytest.raises(SystemExit) as leaving:
        completion.main(["cmd"])
    assert leaving.value.code == 2
    assert "invalid choice: 'cmd'" in capsys.readouterr().err
