"""What the commands share: one message for a mistake, one recipe on a command line."""

import atexit
import errno
import gc
import signal
import sys
import threading
import time

import pytest

from vitrine.commands import evaluate
from vitrine.commands.console import collect_less_often, command_parser, read_recipe, recipe_parser, run_command
from vitrine.errors import UserError


def end_with(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UserError("optim.epochs: must be at least 1"), 2, "error: optim.epochs: must be at least 1\n"),
        (KeyboardInterrupt(), 130, "\nstopped\n"),
        (
            OSError(errno.ENOSPC, "full", "runs/x"),
            2,
            "error: the disk is full; make room and run the command again: runs/x\n",
        ),
        (
            OSError(errno.EROFS, "read-only"),
            2,
            "error: the disk is read-only; run the command in a folder that you may write to\n",
        ),
        (
            OSError(errno.ENOENT, "missing", "/proc/x"),
            2,
            "error: there is no such file or folder, and none can be made there; check the path: /proc/x\n",
        ),
        (
            OSError(errno.EIO, "Input/output error", "p/1.png"),
            2,
            "error: the disk failed; see that files on it can be read, then run the command again: p/1.png\n",
        ),
        (
            OSError(errno.ESTALE, "Stale file handle"),
            2,
            "error: the connection to a network disk was lost; see that files on it can be read, then run the command "
            "again\n",
        ),
    ],
    ids=["mistake", "interrupt", "full disk", "read-only disk", "no folder", "broken disk", "lost disk"],
)
def test_what_a_user_can_mend_is_one_message_and_an_exit_code(capsys, error, code, message):
    assert run_command(end_with(error)) == code
    assert capsys.readouterr() == ("", message)


def test_a_command_that_ends_well_gives_nothing_to_say(capsys):
    assert run_command(lambda: None) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [ValueError("of ours"), OSError(errno.EINVAL, "of the machine")])
def test_other_errors_keep_their_traceback(error):
    with pytest.raises(type(error), match="of "):
        run_command(end_with(error))


def test_a_recipe_its_parameters_and_the_options_may_stand_in_any_order(tmp_path):
    (tmp_path / "r.yaml").write_text("optim: {epochs: 7}\n")
    parser = recipe_parser("train", "Trains.")
    parser.add_argument("--resume")
    given = read_recipe(parser, ["optim.weight_decay=0.2", "--resume", "x", str(tmp_path / "r.yaml")])
    assert (given.recipe.optim.epochs, given.recipe.optim.weight_decay, given.options.resume) == (7, 0.2, "x")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a.yaml", "b.yaml"], "one recipe at a time, but got a.yaml and b.yaml; parameters read section.name=value"),
        (["."], r"\. is a folder, not a recipe; for a folder of pictures give data\.source=\."),
    ],
)
def test_two_recipes_and_a_folder_are_refused(words, message):
    with pytest.raises(UserError, match=message):
        read_recipe(recipe_parser("train", None), words)


def test_the_help_names_the_command_as_it_is_called_and_lists_every_parameter():
    assert command_parser("study", "Says more.").format_usage().startswith("usage: python -m vitrine study")
    assert "optim.learning_rate = 0.001" in recipe_parser("train", None).format_help()


def test_python_looks_for_garbage_less_often_and_not_at_the_end(monkeypatch):
    at_exit = []
    monkeypatch.setattr(atexit, "register", at_exit.append)
    before = gc.get_threshold()
    try:
        collect_less_often()
        assert gc.get_threshold()[0] == 10_000
        assert at_exit == [gc.freeze]
    finally:
        gc.set_threshold(*before)


def test_a_request_of_the_system_to_end_cleans_up_as_after_ctrl_c(capsys):
    before, left = signal.getsignal(signal.SIGTERM), []

    def command():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            left.append("cleaned")

    signal.signal(signal.SIGTERM, lambda *_: left.append("not answered"))  # or these tests would end here
    try:
        outside = signal.getsignal(signal.SIGTERM)
        assert run_command(command) == 130
        assert signal.getsignal(signal.SIGTERM) is outside
    finally:
        signal.signal(signal.SIGTERM, before)
    assert left == ["cleaned"]
    assert capsys.readouterr().err == "\nstopped\n"


def test_a_command_in_another_thread_sets_no_handlers():
    before, seen = signal.getsignal(signal.SIGTERM), []
    thread = threading.Thread(target=run_command, args=[lambda: seen.append(signal.getsignal(signal.SIGTERM))])
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="nothing ends a wait on Windows but the key itself")
def test_an_interrupt_while_a_library_cleans_up_ends_the_command_all_the_same(capsys):
    class CleansUp:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)
            time.sleep(0.01)  # it is raised in here, where Python throws it away

    survived = []

    def command():
        CleansUp()
        survived.append("the clean-up")
        time.sleep(10)
        survived.append("the interrupt")

    begun = time.monotonic()
    assert run_command(command) == 130
    assert survived == ["the clean-up"]
    assert time.monotonic() - begun < 9, "it came when the wait was over"
    assert capsys.readouterr().err == "\nstopped\n"


def test_what_else_python_throws_away_is_shown_as_ever(monkeypatch):
    shown = []
    monkeypatch.setattr(sys, "unraisablehook", lambda thrown_away: shown.append(str(thrown_away.exc_value)))

    class Broken:
        def __del__(self):
            raise ValueError("broken")

    assert run_command(Broken) == 0
    assert shown == ["broken"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--rezume", "x"], "unrecognized arguments: --rezume; did you mean --resume?"),
        (["--optim.epochs=3"], "a parameter of a recipe is written without dashes: optim.epochs=..."),
        (["--nothing-like-it"], "unrecognized arguments: --nothing-like-it\n"),
    ],
)
def test_an_unknown_option_names_what_was_probably_meant(capsys, words, hint):
    parser = recipe_parser("train", "Trains.")
    parser.add_argument("--resume")
    with pytest.raises(SystemExit) as end:
        read_recipe(parser, words)
    assert end.value.code == 2
    assert hint in capsys.readouterr().err


def test_what_may_be_left_out_is_not_asked_for(capsys):
    with pytest.raises(SystemExit):
        evaluate.main(["model"])
    assert capsys.readouterr().err.endswith("the following arguments are required: data\n")
