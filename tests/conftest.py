"""What all tests share: no network, a cache of their own, and small pictures made on the spot."""

import atexit
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.icc import gray_profile, rgb_profile

# A shell starts background jobs with SIGINT ignored, and programs that tests start and interrupt would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Before any library of Hugging Face is imported: they read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="vitrine-tests-")
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
# Threads that share the work on tiny pictures wait for each other more than they compute, ten times as long where other
# tests run beside them. Before torch is imported, which reads it once; programs that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
atexit.register(shutil.rmtree, os.environ["HF_HOME"], ignore_errors=True)

MakeClassFolders = Callable[..., Path]
SHAPES = ("ellipse", "rectangle")
COLORS = ("crimson", "seagreen", "royalblue", "orange", "orchid", "teal")


def draw_shape(kind: int, number: int, size: tuple[int, int] = (24, 20)) -> Image.Image:
    """A coloured shape on grey; the kind decides shape and colour, the number its place and the exact grey."""
    generator = np.random.default_rng((kind, number))
    picture = Image.new("RGB", size, (int(generator.integers(90, 160)),) * 3)
    left, top = generator.integers(1, min(size) // 3, 2)
    box = (int(left), int(top), int(left) + min(size) // 2, int(top) + min(size) // 2)
    getattr(ImageDraw.Draw(picture), SHAPES[kind % 2])(box, fill=COLORS[kind % len(COLORS)])
    return picture


@pytest.fixture(autouse=True)
def _nothing_was_said_yet() -> None:
    """A note that a process says once only is said in every test that waits for it."""
    from vitrine.config.aliases import tell_once

    tell_once.cache_clear()


@pytest.fixture
def make_class_folders(tmp_path: Path) -> MakeClassFolders:
    """A function `(counts, folder="pictures") -> Path` that writes `<folder>/<class>/<number>.png`.

    A class name may hold a slash (`train/cat`): the last part decides what its pictures look like.
    """

    def make(counts: Mapping[str, int], folder: str = "pictures") -> Path:
        root = tmp_path / folder
        looks = sorted({Path(name).name for name in counts})
        for name, count in counts.items():
            (root / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                draw_shape(looks.index(Path(name).name), number).save(root / name / f"{number:03d}.png")
        return root

    return make


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of this machine that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture(scope="session")
def colors_workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures/colours, prepared/colours and a finished run of them. What is there stays as it is."""
    import vitrine

    folder = tmp_path_factory.mktemp("colours")
    generator = np.random.default_rng(0)
    for channel, name in ((2, "blue"), (1, "green"), (0, "red")):
        (folder / "pictures/colours" / name).mkdir(parents=True)
        for number in range(12):
            pixels = generator.integers(0, 120, (32, 32, 3))
            pixels[:, :, channel] += 100
            Image.fromarray(pixels.astype(np.uint8)).save(folder / "pictures/colours" / name / f"{number:03d}.png")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        vitrine.train(vitrine.prepare("pictures/colours", image_size=16), epochs=1)
    return folder


@pytest.fixture
def colors_folder(colors_workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the pictures, the prepared data set and the run, where more may be written."""
    for name in ("pictures", "prepared"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "colours").symlink_to(colors_workplace / name / "colours")
    (tmp_path / "finished").symlink_to((colors_workplace / "runs/colours/latest").resolve())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def put_in_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """A function that copies a prepared data set into a store and gives its address; this machine has no copy yet."""
    from tests.data.sources.stores import put_folder

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return put_folder


@pytest.fixture(scope="session")
def many_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data set whose training pictures lie in files of two; for reading only."""
    from tests.factories import prepare, write_colored_classes

    folder = tmp_path_factory.mktemp("many_files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitrine.data.prepared.shards.SHARD_BYTES", 1)
        patch.setattr("vitrine.data.prepared.shards.BATCH_BYTES", 8_000)
        return prepare(write_colored_classes(folder / "source"), folder / "prepared" / "colours").folder


@pytest.fixture
def in_many_files(many_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, opened, in a folder of the test's own; few of the files stay on a machine that streams them."""
    from vitrine.data.prepared.dataset import open_prepared

    monkeypatch.setattr("vitrine.data.prepared.training_files.KEPT_BYTES", 30_000)
    return open_prepared(shutil.copytree(many_files, tmp_path / "prepared" / "colours"))


@pytest.fixture(scope="session")
def awkward_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures that are all right, but that careless code reads wrongly. For reading only."""
    folder = tmp_path_factory.mktemp("awkward")
    scene = draw_scene()
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        stored = scene if orientation == 1 else scene.transpose(STORED_FOR[orientation])
        stored.save(folder / f"exif_{orientation}.jpg", exif=exif, quality=95)
    scene.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    scene.save(folder / "display_p3.png", icc_profile=rgb_profile())
    scene.convert("L").save(folder / "grey_of_a_scanner.png", icc_profile=gray_profile(1.8))
    levels = np.linspace(0, 65535, 60 * 40).reshape(40, 60).astype(np.uint16)
    Image.fromarray(levels).save(folder / "grey_16_bit.png")
    Image.fromarray((levels / 65535).astype(np.float32)).save(folder / "float.tiff")
    scene.convert("L").save(folder / "grey.png")
    transparent = scene.convert("RGBA")
    transparent.putalpha(Image.linear_gradient("L").resize(scene.size))
    transparent.save(folder / "rgba.png")
    transparent.convert("LA").save(folder / "grey_alpha.png")
    palette = scene.quantize(16)
    palette.save(folder / "palette_alpha.png", transparency=bytes(range(0, 256, 16)))
    scene.convert("1").save(folder / "one_bit.png")
    gradient = np.linspace(0, 255, 6000).astype(np.uint8)
    Image.fromarray(np.broadcast_to(gradient, (4000, 6000))).convert("RGB").save(folder / "huge.jpg", quality=50)
    scene.resize((1, 90)).save(folder / "one_pixel_wide.png")
    scene.save(
        folder / "animated.gif", save_all=True, append_images=[scene.rotate(90), scene.rotate(180)], duration=100
    )
    return folder


def draw_scene() -> Image.Image:
    """Four corners of different colours, 60 x 40: shows every mirroring and turn."""
    scene = Image.new("RGB", (60, 40), "white")
    draw = ImageDraw.Draw(scene)
    draw.rectangle((0, 0, 29, 19), fill=(230, 20, 20))
    draw.rectangle((30, 0, 59, 19), fill=(20, 200, 20))
    draw.rectangle((0, 20, 29, 39), fill=(20, 20, 230))
    return scene


# How a camera stores an upright scene under each EXIF orientation: the opposite of what the viewer has to do.
STORED_FOR = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
