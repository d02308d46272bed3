"""`app.py` as people start it."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.app.models import noise, write_model
from vitrine.app.address import EVERYWHERE, page_address
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


@pytest.mark.slow
def test_the_app_starts_on_the_next_port_answers_calls_nobody_loads_no_training_code_and_cleans_up_after_ctrl_c(
    taken_port, tmp_path
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
    arguments = [sys.executable, "app.py", "--model", str(write_model(tmp_path / "model")), "--port", str(taken_port)]
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


def test_a_space_is_reached_from_outside_and_anything_else_is_not(monkeypatch):
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert command.default_host() == "127.0.0.1"
    monkeypatch.setenv("SPACE_ID", "someone/dogs")
    assert command.default_host() in EVERYWHERE


@pytest.fixture
def accesses():
    """Who was let in, for each page that was opened."""
    return []


@pytest.fixture
def desks():
    """What keeps the corrections of the pages that were opened."""
    return []


def load_nothing(model_id, load):
    return SimpleNamespace(model_id=model_id)


@pytest.fixture
def opened(monkeypatch, accesses, desks):
    """The pages that were opened, with the folder of uploads; Ctrl-C comes as soon as one is there."""
    pages = []

    @contextmanager
    def open_page(predictor, host, port, language, access, desk, beside, retraining, speaks_mcp):
        accesses.append(access)
        pages.append((predictor.model_id, host, port, language, Path(os.environ["GRADIO_TEMP_DIR"])))
        desks.append(desk)
        yield page_address(host, port)

    def interrupt(_, timeout=None):
        raise KeyboardInterrupt

    monkeypatch.setattr("vitrine.app.server.load_ready", load_nothing)
    monkeypatch.setattr("vitrine.app.server.open_page", open_page)
    monkeypatch.setattr(threading.Event, "wait", interrupt)
    return pages


def test_the_page_opens_on_the_next_port_until_ctrl_c_and_its_uploads_are_deleted(opened, taken_port, capsys):
    assert command.main(["--model", "someone/dogs", "--port", str(taken_port), "--language", "fr"]) == 0
    ((model, host, port, language, uploads),) = opened
    assert (model, host, language) == ("someone/dogs", "127.0.0.1", "fr")
    assert port > taken_port
    assert capsys.readouterr().out.splitlines() == [
        f"Port {taken_port} is taken; using {port}.",
        "Loading someone/dogs ...",
        f"Open http://127.0.0.1:{port}",
    ]
    assert not uploads.exists()


def test_the_password_comes_from_the_environment_and_without_one_nothing_starts(opened, accesses, monkeypatch, capsys):
    monkeypatch.delenv(command.PASSWORD_VARIABLE, raising=False)
    assert command.main(["--model", "someone/dogs", "--port", "0", "--user", "anna"]) == 2
    assert "--user anna: no password is set; put one into the environment variable" in capsys.readouterr().err
    monkeypatch.setenv(command.PASSWORD_VARIABLE, "s3cret")
    assert command.main(["--model", "someone/dogs", "--port", "0", "--user", "a:b"]) == 2
    assert not opened
    arguments = ["--model", "someone/dogs", "--port", "0", "--user", "anna", "--requests-per-minute", "60"]
    assert command.main(arguments) == 0
    assert [(access.user, access.password, access.requests_per_minute) for access in accesses] == [
        ("anna", "s3cret", 60)
    ]


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "many"])
def test_a_rate_that_is_no_whole_number_from_1_on_is_refused(given, capsys):
    with pytest.raises(SystemExit):
        command.main([f"--requests-per-minute={given}"])
    assert f"must be a whole number from 1 on (got {given!r})" in capsys.readouterr().err


def test_a_container_that_is_stopped_leaves_as_after_ctrl_c(opened, monkeypatch):
    monkeypatch.setattr(threading.Event, "wait", lambda *_: signal.raise_signal(signal.SIGTERM))
    assert command.main(["--model", "someone/dogs", "--port", "0"]) == 0
    assert not opened[0][-1].exists()


@pytest.mark.slow
def test_a_container_that_is_stopped_ends_within_ten_seconds_with_requests_at_work(tmp_path):
    model = write_model(tmp_path / "model")
    (tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    arguments = [sys.executable, "app.py", "--model", str(model), "--port", "0"]
    with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = [process.stdout.readline() for _ in range(2)][1].removeprefix("Open ").strip()
        noise(0, (9000, 9000)).save(tmp_path / "large.png", compress_level=1)
        with (tmp_path / "large.png").open("rb") as file:
            path = httpx.post(f"{address}/gradio_api/upload", files={"files": file}, timeout=60).json()[0]
        picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
        for _ in range(4):
            call = httpx.post(f"{address}/gradio_api/call/decide", json={"data": [picture, 1]}, timeout=60)
            assert "event_id" in call.json()
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    assert time.monotonic() - begin < 10
    assert code == 0
    assert list((tmp_path / "temporary").glob("vitrine-app-*")) == []


@pytest.mark.parametrize(
    ("options", "folder"),
    [
        ([], "corrections"),
        (["--no-corrections"], None),
        (["--host", EVERYWHERE[0]], None),  # others can reach it, and nobody asked for corrections
        (["--host", EVERYWHERE[0], "--corrections", "kept"], "kept"),
    ],
)
def test_corrections_are_off_where_others_can_open_the_page_unless_asked_for(
    opened, desks, tmp_path, monkeypatch, options, folder
):
    monkeypatch.chdir(tmp_path)
    assert command.main(["--model", "someone/dogs", "--port", "0", *options]) == 0
    assert [desk and str(desk.store.folder) for desk in desks] == [folder]


def test_a_folder_for_corrections_that_cannot_be_made_is_named_before_the_model_is_loaded(tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert command.main(["--model", "someone/dogs", "--corrections", str(tmp_path / "file" / "kept")]) == 2
    assert "kept: it cannot be written; give another folder with --corrections" in capsys.readouterr().err


def test_a_review_needs_a_place_for_what_is_said(opened, tmp_path, capsys):
    assert command.main(["--model", "someone/dogs", "--port", "0", "--no-corrections", "--review", str(tmp_path)]) == 2
    assert "--review: what people say must be kept somewhere; give --corrections FOLDER" in capsys.readouterr().err
    assert command.main(["--model", "someone/dogs", "--port", "0", "--review", str(tmp_path)]) == 2
    assert f"--review: {tmp_path} is neither a run (recipe.yaml) nor a prepared data set" in capsys.readouterr().err
    words = ["--model", "someone/dogs", "--port", "0", "--no-corrections", "--corrections-to", "ann/corrections"]
    assert command.main(words) == 2
    assert "--corrections-to: what people say must be kept somewhere" in capsys.readouterr().err
    assert opened == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--retrain", "run", "--no-corrections"], "--retrain: it learns from what is corrected here"),
        (["--retrain", "gone"], "--retrain: there is no folder gone"),
    ],
)
def test_what_cannot_be_retrained_is_one_message_at_once(opened, arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    assert command.main(["--model", "someone/dogs", "--port", "0", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not opened


def test_a_run_without_pictures_for_the_gate_is_one_message_at_once(opened, colors_folder, capsys):
    assert command.main(["--model", "finished", "--port", "0", "--retrain", "finished"]) == 2
    said = capsys.readouterr().err
    assert "has no pictures set aside for the gate" in said
    assert said.rstrip().endswith("Without --retrain the page opens")
    assert not opened


def test_a_data_set_in_which_nothing_needs_a_look_is_said_and_the_page_opens(opened, monkeypatch, capsys):
    monkeypatch.setattr("vitrine.workflows.review_queue.build_queue", lambda *_: SimpleNamespace(pictures=[]))
    assert command.main(["--model", "someone/dogs", "--port", "0", "--review", "run"]) == 0
    assert "No picture needs a look" in capsys.readouterr().out
    assert len(opened) == 1


@pytest.fixture
def serve(monkeypatch, tmp_path):
    """Serves pages with a retraining that is done, until the given function, called while each is open, has no more."""
    monkeypatch.setattr("vitrine.workflows.retrain.check_retrainable", lambda _: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()

    def call(visit, load_ready):
        served = []

        @contextmanager
        def open_page(predictor, host, port, language, access, desk, beside, retraining, speaks_mcp):
            served.append((predictor.model_id, port))
            job = retraining.job
            job.command = (sys.executable, "-c", "print('model: models/dogs/current')")
            job.start()
            while job.report().model is None:
                time.sleep(0.05)
            visit(job, served)
            yield "here"
            served.append("closed")

        monkeypatch.setattr("vitrine.app.server.load_ready", load_ready)
        monkeypatch.setattr("vitrine.app.server.open_page", open_page)
        assert command.main(["--model", "someone/dogs", "--port", "0", "--retrain", "run"]) == 0
        return served

    return call


def test_a_new_model_is_loaded_when_somebody_asks_for_it_and_the_page_is_closed_then(serve):
    pages, closed_when_loaded = [], []

    def visit(job, served):
        pages.append(served)
        if len(served) > 1:
            assert not job.report().is_opening
            raise KeyboardInterrupt
        job.want()

    def load_ready(model_id, load):
        closed_when_loaded.append(any("closed" in served for served in pages))
        return load_nothing(model_id, load)

    (first, port), closed, (second, same_port) = serve(visit, load_ready)
    assert (first, closed, second) == ("someone/dogs", "closed", str(Path("models/dogs/current")))
    assert port == same_port
    assert closed_when_loaded == [False, False]


@pytest.mark.parametrize("fault", [UserError("models/dogs/current is damaged"), RuntimeError("out of memory")])
def test_a_new_model_that_does_not_open_leaves_the_page_with_the_one_before(serve, monkeypatch, capsys, fault):
    jobs = []

    def visit(job, _served):
        jobs.append(job)
        job.want()

    def load_ready(model_id, load):
        if model_id != "someone/dogs":
            raise fault
        return load_nothing(model_id, load)

    def wait_for(event):
        if not event.is_set():  # nobody waits any more: the page has told why
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "wait_for", wait_for)
    assert [model for model, _port in serve(visit, load_ready)] == ["someone/dogs"]
    assert f"current is not used; the model before it goes on: {fault}" in capsys.readouterr().err
    assert (jobs[0].report().is_opening, jobs[0].report().fault) == (False, str(fault))
