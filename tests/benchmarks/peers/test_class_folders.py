"""The pictures of the benchmark."""

from pathlib import Path

from PIL import Image

from benchmarks.peers.class_folders import DRAWN_CLASSES, draw_classes, write_class_folders
from tests.factories import prepare, write_colored_classes


def test_class_folders_hold_the_same_split_as_the_prepared_data_set(tmp_path):
    data = prepare(write_colored_classes(tmp_path / "source"), tmp_path / "prepared")
    write_class_folders(data.folder, tmp_path / "data")
    for split in ("train", "validation", "test"):
        found = sorted(path.parent.name for path in (tmp_path / "data" / split).glob("*/*.jpg"))
        assert found == sorted(f"{label_id:04d}" for label_id in data.splits[split]["label"])
        assert len(list((tmp_path / "data" / split).iterdir())) == len(data.label_names)


def test_drawn_classes_differ_in_color(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.peers.class_folders.DRAWN_OF_EACH", 1)
    draw_classes(tmp_path / "drawn")
    folders = sorted((tmp_path / "drawn").iterdir())
    assert len(folders) == DRAWN_CLASSES
    for channel, folder in enumerate(folders):
        means = mean_color(next(folder.iterdir()))
        assert means.index(max(means)) == channel


def mean_color(file: Path) -> tuple[int, ...]:
    return Image.open(file).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
