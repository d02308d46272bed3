"""data_prep.py and train.py as a person runs them, with the mistakes that people make."""

import errno
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.data.trees import digest
from vitrine.commands import prepare, train
from vitrine.data.prepare import scanning
from vitrine.data.prepared.dataset import open_prepared

ROOT = Path(__file__).parent.parent
SCRIPTS = ("data_prep.py", "train.py")
HEAVY = ("torch", "torchvision", "transformers", "datasets", "accelerate", "pandas", "PIL", "sklearn", "matplotlib")


def run(script, *arguments, folder, **options):
    """Runs a script in a folder of its own, as after `git clone` and `cd` elsewhere."""
    command = [sys.executable, str(ROOT / script), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False, **options)


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """An empty current folder."""
    folder = tmp_path / "workplace"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder


@pytest.fixture
def data_prep(workplace, capsys):
    """A function that runs data_prep.py's command in this process: (exit code, output, errors)."""

    def call(*arguments):
        code = prepare.main([*map(str, arguments), "data.image_size=16"])
        return code, *capsys.readouterr()

    return call


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_names_every_parameter_in_lines_that_fit(script, tmp_path):
    answer = run(script, "--help", folder=tmp_path, env=os.environ | {"COLUMNS": "80"})
    assert answer.returncode == 0
    assert "optim.learning_rate = 0.001" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) <= 100


@pytest.mark.parametrize("command", ["prepare", "train"])
@pytest.mark.parametrize("arguments", [["--help"], ["optim.epochs=x"], ["missing.yaml"]])
def test_help_and_mistakes_in_a_recipe_load_no_heavy_library(command, arguments, tmp_path):
    program = (
        f"import sys; from vitrine.commands.{command} import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        f"sys.exit(', '.join(set({HEAVY!r}) & set(sys.modules)) or None)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == 0, f"loaded: {answer.stderr}"


@pytest.mark.parametrize("script", SCRIPTS)
def test_mistakes_in_a_recipe_are_listed_whole_on_stderr_with_exit_code_2(script, tmp_path):
    (tmp_path / "bad.yaml").write_text("data: {image_szie: 3}\noptim: {epochs: 2.7}\n")
    answer = run(script, "bad.yaml", "data.validation_fraction=1.5", folder=tmp_path)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert sorted(answer.stderr.splitlines()) == sorted(
        [
            "error: bad.yaml (with 1 override):",
            "  data.image_szie: unknown name; did you mean data.image_size?",
            "  data.validation_fraction: must be less than 1 (got 1.5)",
            "  optim.epochs: must be a whole number (got 2.7)",
        ]
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["."], "error: . is a folder, not a recipe; for a folder of pictures give data.source=."),
        (["digts.yaml"], "error: digts.yaml: there is no such recipe; did you mean digits.yaml?"),
        (["digits.yaml", "other.yaml"], "one recipe at a time, but got digits.yaml and other.yaml"),
        (["digits.yaml", "--bogus"], "unrecognized arguments: --bogus"),
    ],
)
@pytest.mark.parametrize("main", [prepare.main, train.main])
def test_wrong_arguments_are_explained(main, arguments, message, workplace, capsys):
    (workplace / "digits.yaml").touch()
    try:
        code = main(arguments)
    except SystemExit as leaving:  # argparse's own way out
        code = leaving.code
    assert code == 2
    assert message in capsys.readouterr().err


def test_a_user_prepares_a_folder_and_sees_what_is_in_it(make_class_folders, workplace):
    source = make_class_folders({"cat é 🐶": 12, "dog": 8, "one": 1})
    (source / "dog" / "text.jpg").write_text("text")
    before = digest(source)
    answer = run("data_prep.py", "name=pets", f"data.source={source}", "data.image_size=16", folder=workplace)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert re.search(r"^cat é 🐶 +8 +2 +2$", answer.stdout, re.MULTILINE)
    assert re.search(r"^all +15 +3 +3$", answer.stdout, re.MULTILINE)
    assert "22 files found = 21 used + 1 unreadable + 0 left out" in answer.stdout
    assert re.search(r"^ +1 +a text, not a picture; get the picture again +dog/text\.jpg$", answer.stdout, re.MULTILINE)
    assert "note: Class 'one' has 1 picture" in answer.stdout
    assert re.search(
        r"data set: prepared/pets \(version \w+\)\n"
        r"report:   prepared/pets/report\.html\n"
        rf"next:     python {ROOT}/train\.py name=pets data\.source={source} data\.image_size=16\n$",
        answer.stdout,
    )
    assert sorted(path.name for path in (workplace / "prepared").iterdir()) == ["pets"]
    assert "cat é 🐶" in (workplace / "prepared/pets/report.html").read_text("utf-8")
    assert open_prepared(workplace / "prepared/pets").facts.files_found == 22
    assert digest(source) == before


def test_output_fits_80_columns_however_much_is_wrong(data_prep, make_class_folders):
    source = make_class_folders({f"class with a rather long name number {n}": 1 + 3 * (n == 0) for n in range(30)})
    folder = source / "class with a rather long name number 0"
    for number in range(15):
        (folder / f"a file with a very long name that says nothing at all {number}.ext{number}").write_text("x")
        (folder / f"{number}{('.csv', '.md', '.py', '.xml', '.zip')[number % 5]}").write_text("x")
        (source / f"empty {number}").mkdir()
    code, output, _ = data_prep("name=many", f"data.source={source}", "checks.near_duplicates=off")
    table, places = output.split("data set:")
    assert code == 0
    assert max(map(len, table.splitlines())) <= 80
    assert "and 25 more." in table, "classes with one fault share a note"
    assert "report:   prepared/many/report.html" in places


def test_a_terminal_without_utf_8_shows_what_it_can():
    program = "from vitrine.commands.console import run_command; run_command(lambda: print('class é 🐶'))"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout == "class ? ?\n"


def test_a_home_folder_sign_in_a_path_is_understood(data_prep, make_class_folders, monkeypatch, tmp_path):
    make_class_folders({"cat": 4, "dog": 4}, "home/pictures")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert data_prep("data.source=~/pictures", "data.prepared=~/ready")[0] == 0
    assert (tmp_path / "home" / "ready" / "prepared.json").exists()


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (None, "data.source: {source}: it is not there; "),
        ({}, "data.source: {source} holds no files; put one sub-folder per class into it"),
        ({"cat": 0}, "data.source: {source} holds no files"),
        ({"cat": 9}, "data.source: {source} has one class only ('cat')"),
        ({"cat": 2, "dog": 1}, "data.source: {source} has too few pictures"),
        ({"train": 3, "test": 3}, "data.source: {source} holds the folders test, train. test, train may be splits or"),
    ],
)
def test_a_folder_that_cannot_be_learned_from_is_refused(data_prep, make_class_folders, workplace, counts, message):
    source = workplace.parent / "pictures"
    if counts is not None:
        source.mkdir()
        make_class_folders(counts)
    code, output, errors = data_prep(f"data.source={source}")
    assert (code, output) == (2, "")
    assert errors.startswith("error: " + message.format(source=source))
    assert not (workplace / "prepared" / "pictures").exists()


def test_a_class_with_one_picture_is_trained_on_and_named(data_prep, make_class_folders):
    code, output, _ = data_prep(f"data.source={make_class_folders({'cat': 9, 'dog': 9, 'one': 1})}")
    assert code == 0
    assert "Class 'one' has 1 picture, none for validation and test" in output


def test_preparing_again_replaces_the_older_data_set(data_prep, make_class_folders, workplace):
    for counts in ({"cat": 4, "dog": 4}, {"cat": 4, "dog": 4, "zebu": 4}):
        assert data_prep(f"data.source={make_class_folders(counts)}")[0] == 0
    assert open_prepared(workplace / "prepared/pictures").label_names == ("cat", "dog", "zebu")
    assert len(list((workplace / "prepared").iterdir())) == 1


def test_a_folder_of_other_things_is_not_overwritten(data_prep, make_class_folders, workplace):
    (workplace / "thesis").mkdir()
    (workplace / "thesis" / "chapter.txt").touch()
    code, _, errors = data_prep(f"data.source={make_class_folders({'cat': 4, 'dog': 4})}", "data.prepared=thesis")
    assert code == 2
    assert "thesis is there already, is not a prepared data set, and is not overwritten" in errors
    assert (workplace / "thesis" / "chapter.txt").exists()


def test_a_data_set_is_never_written_into_its_source(data_prep, make_class_folders, monkeypatch):
    source = make_class_folders({"cat": 4, "dog": 4})
    monkeypatch.chdir(source)
    before = digest(source)
    code, _, errors = data_prep("data.source=.")
    assert code == 2
    assert "lie within each other, and the source is never changed" in errors
    assert digest(source) == before


def test_an_error_of_ours_is_not_hidden(data_prep, make_class_folders, monkeypatch):
    monkeypatch.setattr(scanning, "scan_files", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        data_prep(f"data.source={make_class_folders({'cat': 4, 'dog': 4})}")


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_done_and_says_so(awkward_pictures, workplace):
    for number in range(150):
        (workplace / "source" / str(number % 2)).mkdir(parents=True, exist_ok=True)
        (workplace / "source" / str(number % 2) / f"{number}.jpg").symlink_to(awkward_pictures / "huge.jpg")
    command = [sys.executable, str(ROOT / "data_prep.py"), "data.source=source", "data.prepared=ready/x"]
    with subprocess.Popen(
        command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not list(workplace.glob("ready/.x.unfinished")):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=20)
    kept = "what was done is kept: the same command goes on from there\n"
    assert (process.returncode, output) == (130, f"{kept}\nstopped\n")
    assert [path.name for path in (workplace / "ready").iterdir()] == [".x.unfinished"]


def test_training_before_preparing_says_what_to_do(workplace, capsys):
    assert train.main(["name=pets"]) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: prepared/pets is not a prepared data set (no prepared.json); run `python -m")
    assert list(workplace.iterdir()) == []


def test_training_with_other_settings_than_prepared_names_them(data_prep, make_class_folders, workplace, capsys):
    source = make_class_folders({"cat": 4, "dog": 4})
    assert data_prep(f"data.source={source}")[0] == 0
    assert train.main([f"data.source={source}", "data.image_size=32"]) == 2
    assert "was prepared with other settings (data.image_size is 32, not 16)" in capsys.readouterr().err
    assert not (workplace / "runs").exists()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "\nstopped\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "error: the disk is full; make room"),
    ],
    ids=["interrupt", "full disk"],
)
def test_training_that_ends_before_its_first_epoch_leaves_no_run(
    data_prep, make_class_folders, workplace, capsys, monkeypatch, error, code, message
):
    import vitrine.training.run

    source = make_class_folders({"cat": 4, "dog": 4})
    assert data_prep(f"data.source={source}")[0] == 0

    def end(*_, **__):
        raise error

    monkeypatch.setattr(vitrine.training.run, "run_training", end)
    assert train.main([f"data.source={source}", "data.image_size=16"]) == code
    assert message in capsys.readouterr().err
    assert not (workplace / "runs" / "pictures").exists()


@pytest.mark.parametrize(("name", "message"), [("nothing", "is not a run folder (no recipe.yaml)")])
def test_resuming_what_is_no_run_is_refused(workplace, capsys, name, message):
    assert train.main(["--resume", name]) == 2
    assert message in capsys.readouterr().err
