"""What `pip install .` makes: the wheel, laid into an empty folder beside the libraries at hand."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def call(*command, folder, **variables):
    """A command in a folder, by the Python that runs the tests."""
    environment = {key: value for key, value in os.environ.items() if key != "MODEL_ID"} | variables
    return subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, timeout=850, check=False
    )


def build(project, kind, into):
    """Builds a wheel or an sdist as pip does, but without fetching the build's own libraries."""
    answer = call(sys.executable, "-c", BUILD, f"build_{kind}", into, folder=project)
    assert answer.returncode == 0, answer.stderr
    return into / answer.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The clone as git has it, in another place: building leaves folders behind."""
    project = tmp_path_factory.mktemp("clone") / "vitrine"
    project.mkdir()
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "configs", "vitrine"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, project)
    for path in ROOT.glob("requirements*.txt"):
        shutil.copy(path, project)
    return project


@pytest.fixture(scope="module")
def wheel(project, tmp_path_factory):
    """Its file."""
    return build(project, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """A folder in which the wheel lies as pip lays it, with its program."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    entry = next(site.glob("*.dist-info")) / "entry_points.txt"
    module, function = entry.read_text().split("vitrine = ")[1].split()[0].split(":")
    program = site / "bin" / "vitrine"
    program.parent.mkdir()
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\n"
        f"if __name__ == '__main__':\n    sys.exit({function}())\n"
    )
    program.chmod(0o755)
    return site


@pytest.fixture
def vitrine(site, tmp_path):
    """A function that calls the program in an empty folder from which the clone cannot be imported."""
    folder = tmp_path / "empty"
    folder.mkdir()

    def run(*arguments):
        path = f"{site / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return call(site / "bin" / "vitrine", *arguments, folder=folder, PYTHONPATH=str(site), PATH=path)

    run.folder = folder
    return run


def test_the_wheel_holds_every_file_that_is_no_python_code(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / "vitrine").rglob("*") if path.is_file()}
    data = {name for name in data if not name.endswith((".py", ".pyc"))}
    recipes = {f"vitrine/recipes/{path.relative_to(ROOT / 'configs')}" for path in (ROOT / "configs").rglob("*.yaml")}
    assert {"vitrine/py.typed", "vitrine/ui/catalogs/fr.yaml", "vitrine/ship/Dockerfile"} <= data
    assert data - names == set()
    assert len(recipes) > 20
    assert recipes - names == set()
    assert {name.split("/")[0] for name in names if "dist-info" not in name} == {"vitrine"}


@pytest.mark.slow
def test_a_wheel_made_from_the_sdist_is_the_same(project, wheel, tmp_path):
    sdist = build(project, "sdist", tmp_path)
    shutil.unpack_archive(sdist, tmp_path)
    again = build(tmp_path / sdist.name.removesuffix(".tar.gz"), "wheel", tmp_path)
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def test_the_metadata_names_the_python_the_libraries_and_the_extras(site):
    text = next(site.glob("*.dist-info/METADATA")).read_text("utf-8")
    assert "Requires-Python: >=3.11\n" in text
    for name in ("torch<3,>=2.14", "babel", "torchinfo", "shtab", "gradio"):
        assert f"Requires-Dist: {name}" in text
    assert 'Requires-Dist: trackio<1; extra == "trackers"' in text
    assert 'Requires-Dist: pytest<10,>=9; extra == "dev"' in text


def test_the_program_tells_its_version_and_its_commands(vitrine):
    from vitrine import __version__

    assert vitrine("--version").stdout == f"vitrine {__version__}\n"
    answer = vitrine("--help")
    assert answer.returncode == 0
    assert answer.stdout.startswith("usage: vitrine COMMAND [--help]\n")
    assert vitrine("train", "--help").stdout.startswith("usage: vitrine train [-h] [--resume RUN]")
    assert "\nvitrine train configs/digits.yaml optim.epochs=5" in vitrine("train", "--help").stdout


def test_recipes_of_the_wheel_are_listed_and_copied_and_name_the_program(vitrine):
    listed = vitrine("recipes").stdout
    assert "\ndigits   " in listed
    assert "to copy one to configs/: vitrine recipes NAME" in listed
    assert vitrine("recipes", "search/digits").returncode == 0
    assert "#   vitrine prepare configs/digits.yaml\n" in (vitrine.folder / "configs/digits.yaml").read_text("utf-8")
    missing = vitrine("train", "configs/s2_dogs5.yaml").stderr
    assert "`vitrine recipes s2_dogs5` copies the one that comes with Vitrine to configs/s2_dogs5.yaml" in missing


@pytest.mark.slow
def test_the_wheel_runs_the_smallest_demo_in_an_empty_folder(vitrine):
    answer = vitrine("demo", "smoke", "--no-app")
    assert answer.returncode == 0, answer.stderr
    assert "next:     vitrine train configs/smoke.yaml\n" in answer.stdout
    assert "try it:  vitrine app --model runs/smoke/" in answer.stdout
    run = vitrine.folder / "runs" / "smoke" / "latest"
    assert {path.name for path in run.iterdir()} >= {"report.html", "model", "metrics.json"}
    assert "<code>vitrine app --model RUN/model</code>" in (run / "report.html").read_text("utf-8")
    assert {path.name for path in vitrine.folder.iterdir()} == {"configs", "prepared", "runs", "data"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_fresh_environment_with_the_wheel_runs_the_digits_demo(wheel, tmp_path):
    environment = tmp_path / "environment"
    assert call(sys.executable, "-m", "venv", environment, folder=tmp_path).returncode == 0
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    # The libraries at hand, by a path file: what is new is Vitrine itself, laid by pip.
    libraries = next(path for path in sys.path if path.endswith("site-packages"))
    own = next(environment.glob("lib*/**/site-packages"))
    (own / "libraries.pth").write_text(f"{libraries}\n")
    pip = [scripts / "python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    answer = call(*pip, wheel, folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    folder = tmp_path / "empty"
    folder.mkdir()
    answer = call(scripts / "vitrine", "demo", "--no-app", folder=folder)
    assert answer.returncode == 0, answer.stderr
    assert (folder / "runs/digits/latest/report.html").exists()
    # The program is not on the PATH, so the advice names it as it was called.
    assert f"next:     {scripts / 'vitrine'} train configs/digits.yaml" in answer.stdout
