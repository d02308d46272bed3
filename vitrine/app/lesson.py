"""The pictures of a lesson: folders of classes on this machine, which a page fills and a training reads."""

import hashlib
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from vitrine.data.images.formats import find_extension
from vitrine.errors import UserError
from vitrine.ui.texts import Texts

PICTURES = "pictures"
FEWEST_CLASSES = 2
FEWEST_PICTURES = 5  # of a class: one for validation, one for the test, and some to learn from
LONGEST_NAME = 60  # characters
# What every file system and every command of Vitrine takes as the folder of a class, as it is typed.
CLASS_NAME = re.compile(r"\w[\w '&+,()-]*(\.[\w '&+,()-]+)*")
HASH_DIGITS = 16


class Lesson:
    """Classes with their pictures.

    Args:
        folder: below which they lie; made with the first picture.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures = folder / PICTURES

    @property
    def classes(self) -> Mapping[str, list[Path]]:
        """Pictures by class, in the order of the names."""
        folders = sorted(path for path in self.pictures.glob("*") if path.is_dir())
        found = {folder.name: sorted(folder.glob("[!.]*")) for folder in folders}
        return {name: pictures for name, pictures in found.items() if pictures}

    def add(self, name: str, upload: Path, texts: Texts) -> bool:
        """Copies a picture into a class.

        Args:
            name: of the class, new or not.
            upload: the file, which is a picture.
            texts: of the language of refusals.

        Returns:
            Whether it is new there; the same bytes are kept once.

        Raises:
            UserError: the name cannot be a class's, or there is no room.
        """
        folder = self.pictures / check_name(name, texts)
        content = upload.read_bytes()
        suffix = find_extension(content[:12]) or ".jpg"
        target = folder / f"{hashlib.sha256(content).hexdigest()[:HASH_DIGITS]}{suffix}"
        if target.exists():
            return False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            part.write_bytes(content)
            part.replace(target)
        except OSError as error:
            raise UserError(texts("teach.no_room", folder=self.folder, reason=error.strerror)) from None
        return True

    def remove(self, name: str) -> None:
        """Takes a class away with its pictures; one that is not there is passed over."""
        if name in self.classes:
            shutil.rmtree(self.pictures / name)

    def check(self, texts: Texts) -> None:
        """Whether a training makes sense.

        Raises:
            UserError: what is missing.
        """
        classes = self.classes
        if len(classes) < FEWEST_CLASSES:
            raise UserError(texts("teach.few_classes", count=FEWEST_CLASSES))
        few = [name for name, pictures in classes.items() if len(pictures) < FEWEST_PICTURES]
        if few:
            raise UserError(texts("teach.few_pictures", name=few[0], least=FEWEST_PICTURES, count=len(classes[few[0]])))


def check_name(name: str, texts: Texts) -> str:
    """The name of a class without white space around it.

    Raises:
        UserError: it is empty, too long, or has signs that cannot be in the name of a folder everywhere.
    """
    name = " ".join(name.split())
    if not name:
        raise UserError(texts("teach.no_name"))
    if len(name) > LONGEST_NAME or not CLASS_NAME.fullmatch(name):
        raise UserError(texts("teach.odd_name", name=name[:LONGEST_NAME], most=LONGEST_NAME))
    return name
