"""`app.py` as people start it."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.app.models import metadata, noise
from vitrine.app.address import EVERYWHERE, free_port, page_address
from vitrine.app.model_choice import choose_model
from vitrine.app.private_folder import private_folder
from vitrine.commands import app as command
from vitrine.errors import UserError

# Not matplotlib: Gradio loads it where it is installed.
UNWANTED = {"vitrine.training", "vitrine.reports", "vitrine.evaluation", "datasets", "evaluate", "optuna"}
ROOT = Path(__file__).parents[2]
# Python imports `sitecustomize` at start: this one writes down every look-up and connection that leaves this machine,
# and at the end what was loaded.
WATCH = """
import atexit, sys
atexit.register(lambda: open(r"LOADED", "w").write(" ".join(sys.modules)))
def hook(event, arguments):
    if event == "socket.getaddrinfo":
        target = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        target = arguments[1][0]
    else:
        return
    if target not in (None, "", "localhost", "127.0.0.1", "0.0.0.0", "::1"):
        with open(r"LOG", "a") as log:
            print(event, target, file=log)
sys.addaudithook(hook)
"""


@pytest.fixture
def taken_port():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_the_app_starts_on_the_next_port_answers_calls_nobody_loads_no_training_code_and_cleans_up_after_ctrl_c(
    model_folder, taken_port, tmp_path
):
    (tmp_path / "hooks").mkdir()
    (tmp_path / "temporary").mkdir()
    calls, loaded = tmp_path / "calls.txt", tmp_path / "loaded.txt"
    watch = WATCH.replace("LOG", str(calls)).replace("LOADED", str(loaded))
    (tmp_path / "hooks" / "sitecustomize.py").write_text(watch)
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("GRADIO_", "HF_HUB_DISABLE", "MODEL_ID"))
    }
    environment |= {"PYTHONPATH": str(tmp_path / "hooks"), "TMPDIR": str(tmp_path / "temporary")}
    arguments = [sys.executable, "app.py", "--model", str(model_folder), "--port", str(taken_port)]
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = [process.stdout.readline() for _ in range(3)]
        address = said[2].removeprefix("Open ").strip()
        try:
            noise(0).save(tmp_path / "picture.png")
            answer = Client(address, verbose=False).predict(handle_file(tmp_path / "picture.png"), api_name="/predict")
            uploads = list((tmp_path / "temporary").glob("vitrine-app-*/*/picture.png"))
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(20)
        complaints = process.stderr.read()
    port = int(address.rpartition(":")[2])
    assert said[0] == f"Port {taken_port} is taken; using {port}.\n"
    assert said[2] == f"Open http://127.0.0.1:{port}\n"
    assert port > taken_port
    assert len(answer["confidences"]) == 5
    assert len(uploads) == 1
    assert code == 0
    assert "Traceback" not in complaints
    assert not calls.exists(), calls.read_text()
    assert list((tmp_path / "temporary").glob("vitrine-app-*")) == []
    assert not UNWANTED & set(loaded.read_text().split())


def test_help_needs_none_of_the_heavy_libraries():
    program = (
        "import sys\nfrom vitrine.commands.app import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'torch', 'gradio', 'transformers', 'PIL', 'numpy'} & set(sys.modules)\nassert not heavy, heavy"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert "--model FOLDER_OR_HUB_ID" in run.stdout


def test_without_any_model_the_message_says_to_train_one(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODEL_ID", raising=False)
    assert command.main([]) == 2
    message = "error: no model: runs/ holds no finished run. Train one first with `python -m vitrine train configs/"
    assert message in capsys.readouterr().err


def test_a_model_that_is_not_there_ends_with_one_line(tmp_path, capsys):
    assert command.main(["--model", str(tmp_path / "nowhere"), "--port", "0"]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}/nowhere")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_an_impossible_port_is_refused_with_the_rule(port, capsys):
    with pytest.raises(SystemExit) as end:
        command.main(["--port", port])
    assert end.value.code == 2
    assert "must be a whole number from 0 to 65535" in capsys.readouterr().err


def make_model(folder, seconds):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    os.utime(folder / "config.json", (seconds, seconds))
    return folder


def test_the_newest_finished_run_is_the_default(tmp_path):
    make_model(tmp_path / "digits" / "latest" / "model", 2000)
    newest = make_model(tmp_path / "dogs" / "latest" / "model", 3000)
    make_model(tmp_path / "old" / "latest" / "model", 1000)
    (tmp_path / "unfinished" / "latest" / "model").mkdir(parents=True)
    assert choose_model(None, None, tmp_path) == str(newest)


def test_the_argument_goes_before_the_environment_and_that_before_the_runs(tmp_path):
    make_model(tmp_path / "digits" / "latest" / "model", 1)
    assert choose_model("someone/one", "someone/two", tmp_path) == "someone/one"
    assert choose_model(None, "someone/two", tmp_path) == "someone/two"
    assert choose_model("", " ", tmp_path) == str(tmp_path / "digits" / "latest" / "model")


def test_a_run_folder_stands_for_the_model_in_it(tmp_path):
    model = make_model(tmp_path / "digits" / "latest" / "model", 1)
    assert choose_model(str(model.parent), None, tmp_path) == str(model)


def test_a_space_is_reached_from_outside_and_anything_else_is_not(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert command._default_host() == "127.0.0.1"
    monkeypatch.setenv("SPACE_ID", "someone/dogs")
    assert command._default_host() in EVERYWHERE


def test_a_taken_port_gives_the_next_free_one(taken_port):
    assert taken_port < free_port("127.0.0.1", taken_port) < taken_port + 100
    assert free_port("127.0.0.1", 0) > 0


def test_a_host_of_another_machine_is_refused_by_name():
    with pytest.raises(UserError, match=r"--host 203\.0\.113\.7: not an address of this machine"):
        free_port("203.0.113.7", 7860)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:7860"),
        (EVERYWHERE[0], "http://127.0.0.1:7860"),
        ("::1", "http://[::1]:7860"),
    ],
)
def test_the_printed_address_can_be_opened(host, address):
    assert page_address(host, 7860) == address


@pytest.mark.parametrize(
    ("recipe", "language"), [({"report": {"language": "fr"}}, "fr"), ({"report": {}}, "en"), ({}, "en")]
)
def test_the_language_of_the_models_reports_is_that_of_its_page(recipe, language):
    from vitrine.app.server import recipe_language

    assert recipe_language(metadata([]).model_copy(update={"recipe": recipe})) == language
    assert recipe_language(None) == "en"


def test_uploads_are_deleted_while_the_page_runs(model_folder, monkeypatch, tmp_path):
    from vitrine.app import page as interface
    from vitrine.app.server import open_page

    monkeypatch.setattr(interface, "DELETE_EVERY_SECONDS", 1)
    monkeypatch.setattr(interface, "DELETE_AFTER_SECONDS", 1)
    noise(0).save(tmp_path / "picture.png")
    with private_folder() as folder:
        with open_page(str(model_folder), "127.0.0.1", free_port("127.0.0.1", 0)) as address:
            with (tmp_path / "picture.png").open("rb") as file:
                httpx.post(f"{address}/gradio_api/upload", files={"files": file}).raise_for_status()
            assert list(folder.rglob("picture.png"))
            deadline = time.monotonic() + 15
            while list(folder.rglob("picture.png")) and time.monotonic() < deadline:
                time.sleep(0.2)
            assert not list(folder.rglob("picture.png"))
            assert len(list(folder.rglob("00?.png"))) == 3  # the test pictures of the model stay
        assert folder.exists()
    assert not folder.exists()
