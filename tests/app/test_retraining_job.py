"""A retraining that a button starts, with programs in place of a training."""

import sys
import time
from pathlib import Path

import pytest

from vitrine.app.retraining_job import MOST_LINES, RetrainingJob, retrain_command
from vitrine.commands.retrain import EXIT_CODES

SAYS = "print('learnt'); print('page:  models/dogs/attempts/1/gate.html'); print('model: models/dogs/current')"


def job_of(program):
    return RetrainingJob([sys.executable, "-u", "-c", program])


def finish(job):
    for _ in range(600):
        report = job.report()
        if report.status not in ("at_work", "idle"):
            return report
        time.sleep(0.05)
    raise AssertionError(job.report())


def test_before_the_first_there_is_nothing_to_say():
    report = job_of("").report()
    assert (report.status, report.lines, report.page, report.model) == ("idle", (), None, None)


@pytest.mark.parametrize(("status", "code"), [*EXIT_CODES.items(), ("failed", 2), ("failed", 1)])
def test_the_exit_code_is_the_verdict_and_only_an_accepted_one_has_a_model(status, code):
    job = job_of(f"{SAYS}; raise SystemExit({code})")
    assert job.start()
    report = finish(job)
    assert report.status == status
    assert report.page.name == "gate.html"
    assert (report.model is not None) == (status == "accepted")
    assert report.lines[0] == "learnt"


def test_the_verdict_waits_for_what_was_said_last():
    class LateListener(RetrainingJob):
        def _listen(self, process):
            process.wait()
            time.sleep(0.3)
            super()._listen(process)

    job = LateListener([sys.executable, "-u", "-c", SAYS])
    job.start()
    report = finish(job)
    assert (report.status, report.lines[0], report.model.name) == ("accepted", "learnt", "current")


def test_a_second_one_waits_until_the_first_is_done_and_starts_afresh():
    job = job_of("import time; print('at it'); time.sleep(30)")
    assert job.start()
    assert not job.start()
    job.stop()
    assert finish(job).status == "stopped"
    job.command = (sys.executable, "-c", SAYS)
    assert job.start()
    assert finish(job).lines[0] == "learnt"


ATTEMPTS = """
import time
from pathlib import Path
from vitrine.commands.console import run_command

def attempt():
    Path("attempt").mkdir()
    try:
        print("at it")
        time.sleep(30)
    finally:
        Path("attempt").rmdir()

raise SystemExit(run_command(attempt))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows can only end a program on the spot")
def test_one_that_is_stopped_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    job = job_of(ATTEMPTS)
    job.start()
    while not job.report().lines:
        assert job.report().status == "at_work"
    job.stop()
    assert finish(job).status == "stopped"
    assert list(tmp_path.iterdir()) == []


def test_it_remembers_the_last_lines_of_one_that_says_much():
    job = job_of("for number in range(1000): print(number)")
    job.start()
    assert finish(job).lines == tuple(str(number) for number in range(1000 - MOST_LINES, 1000))


def test_the_command_is_one_that_the_program_understands(tmp_path):
    from vitrine.commands.retrain import build_parser

    command = retrain_command(tmp_path / "run", tmp_path / "kept")
    options = build_parser().parse_args(command[command.index("retrain") + 1 :])
    assert (options.run, options.corrections) == (tmp_path / "run", tmp_path / "kept")


def test_why_a_model_was_not_opened_is_forgotten_with_the_next_wish_and_the_next_retraining():
    job = job_of("")
    for go_on in (job.want, job.start):
        job.fault = "damaged"
        go_on()
        assert job.fault == ""
    assert job.report().is_opening
