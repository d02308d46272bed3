"""The programs that the page shows do as they stand what they say."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gradio_client import handle_file

from vitrine.app.tabs.programs import curl_snippet, python_snippet


def test_the_python_snippet_of_the_page_prints_the_decision_as_it_stands(address, client, picture):
    program = python_snippet(address, 2)
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=picture.parent, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    said = client.predict(handle_file(picture), 2, api_name="/decide")
    shares = [f"{row['label']} {row['confidence']}" for row in said["confidences"]]
    assert run.stdout.splitlines() == [said["words"], *shares]


@pytest.mark.skipif(shutil.which("curl") is None or not Path("/bin/sh").exists(), reason="no curl or no POSIX shell")
def test_the_curl_snippet_of_the_page_gives_the_decision_as_it_stands(address, picture):
    program = curl_snippet(address, 2)
    run = subprocess.run(["/bin/sh", "-c", program], cwd=picture.parent, capture_output=True, text=True, timeout=60)
    answer = json.loads(run.stdout)
    assert answer["decision"] in ("answer", "unsure", "none")
    assert len(answer["probabilities"]) == 2


@pytest.mark.skipif(shutil.which("curl") is None or not Path("/bin/sh").exists(), reason="no curl or no POSIX shell")
def test_the_curl_snippet_names_the_file_that_is_not_there_and_asks_nobody(tmp_path):
    program = curl_snippet("http://127.0.0.1:9", 2)
    run = subprocess.run(["/bin/sh", "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert "picture.jpg" in run.stderr
    assert run.stdout == ""


def test_where_a_password_is_asked_for_both_programs_have_a_place_for_it():
    assert '-u USER -F picture=@picture.jpg "http://here/predict' in curl_snippet("http://here", 2, needs_password=True)
    assert 'auth=("USER", "PASSWORD")).json()' in python_snippet("http://here", 2, needs_password=True)
