"""What the decoders of engines make of pictures that are not plain, beside Vitrine's own.

python -m benchmarks.engines.decoders
"""

import io
import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from vitrine.data.images.decoding import ImageError, open_image

RESULT = "result:"
WIDTH, HEIGHT = 120, 80
LEFT, RIGHT = (200, 40, 40), (40, 40, 200)  # colours of the two halves


def draw() -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), LEFT)
    image.paste(RIGHT, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return image


def write_odd(folder: Path) -> dict[str, Path]:
    """One picture of each kind, by what a reader must do."""
    image = draw()
    files = {name: folder / name for name in ("turned.jpg", "half.jpg", "picture.avif", "print.jpg", "deep.png")}
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    image.save(files["turned.jpg"], exif=exif)
    stream = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(noise).save(stream, "JPEG")
    files["half.jpg"].write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])
    image.save(files["picture.avif"])
    image.convert("CMYK").save(files["print.jpg"])
    gray = np.linspace(0, 65535, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint16)
    Image.fromarray(gray).save(files["deep.png"])
    return files


def by_vitrine(path: Path) -> np.ndarray:
    return np.asarray(open_image(path))


def by_ray(path: Path) -> np.ndarray:
    import ray

    rows = ray.data.read_images(str(path)).take_all()
    return np.asarray(rows[0]["image"])


def by_ray_as_rgb(path: Path) -> np.ndarray:
    import ray

    return np.asarray(ray.data.read_images(str(path), mode="RGB").take_all()[0]["image"])


def by_daft(path: Path) -> np.ndarray:
    import daft

    rows = daft.from_pydict({"content": [path.read_bytes()]})
    return np.asarray(rows.select(daft.col("content").decode_image()).to_pydict()["content"][0])


def by_daft_as_rgb(path: Path) -> np.ndarray:
    import daft

    rows = daft.from_pydict({"content": [path.read_bytes()]})
    return np.asarray(rows.select(daft.col("content").decode_image(mode="RGB")).to_pydict()["content"][0])


DECODERS: dict[str, Callable[[Path], np.ndarray]] = {
    "vitrine": by_vitrine, "ray read_images": by_ray, "ray read_images mode=RGB": by_ray_as_rgb,
    "daft decode_image": by_daft, "daft decode_image mode=RGB": by_daft_as_rgb,
}  # fmt: skip


def tell(decode: Callable[[Path], np.ndarray], path: Path) -> str:
    """The size, mean levels of both halves, or the error, of one picture."""
    try:
        pixels = decode(path)
    except ImageError as error:
        return f"refused: {error}"
    except Exception as error:
        reasons = [line for line in str(error).splitlines() if line.strip()] or [""]
        return f"error: {type(error).__name__}: {reasons[-1].strip()[:160]}"
    levels = pixels.reshape(pixels.shape[0], pixels.shape[1], -1)
    first, last = (levels[0, place].tolist() for place in (0, -1))
    return f"{pixels.shape[1]} x {pixels.shape[0]}, {pixels.dtype}, first pixel {first}, last of the row {last}"


def main() -> None:
    import daft
    import ray

    daft.set_runner_native()
    ray.init(num_cpus=1, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    with tempfile.TemporaryDirectory() as folder:
        files = write_odd(Path(folder))
        told = {name: {file: tell(decode, path) for file, path in files.items()} for name, decode in DECODERS.items()}
    print(RESULT, json.dumps(told, indent=1), flush=True)


if __name__ == "__main__":
    main()
