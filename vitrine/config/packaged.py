"""The recipes that come with Vitrine: where they lie, what each is for, and copies of them to change."""

import re
from pathlib import Path

from vitrine.errors import UserError
from vitrine.invocation import command_line, spell_commands

PACKAGE = Path(__file__).parent.parent
FOLDER = Path("configs")  # where copies go, as every example names it
_REFERENCE = re.compile(r"\brecipe: *(\.\./[\w./-]+\.yaml)")


def recipes_folder() -> Path:
    """Of an installed Vitrine a folder of the package; of a clone, or one installed with `pip install -e`, configs/."""
    packaged = PACKAGE / "recipes"
    return packaged if packaged.is_dir() else PACKAGE.parent / FOLDER


def recipe_names() -> list[str]:
    """Paths without their suffix: recipes first, then comparisons and searches (`compare/heads`)."""
    folder = recipes_folder()
    files = sorted(folder.rglob("*.yaml"), key=lambda file: (len(file.relative_to(folder).parts), file))
    return [file.relative_to(folder).with_suffix("").as_posix() for file in files]


def recipe_named(text: str) -> str | None:
    """The recipe that is meant by `digits`, `digits.yaml` or `configs/digits.yaml`; None where there is none."""
    name = Path(text.removesuffix(".yaml")).as_posix().removeprefix(f"{FOLDER}/")
    return name if name in recipe_names() else None


def read_purpose(name: str) -> str:
    """What a recipe is for: the first sentence of the comment at its head."""
    lines = []
    for line in (recipes_folder() / f"{name}.yaml").read_text("utf-8").splitlines():
        if not line.removeprefix("#").strip():
            break
        lines.append(line.removeprefix("#").strip())
    return re.split(r"(?<=[.?]) ", " ".join(lines), maxsplit=1)[0]


def copy_recipe(name: str, folder: Path) -> list[Path]:
    """Copies a recipe and those that it refers to, with their folders; files that are there stay as they are.

    The commands in the copies' comments read as this person calls them.

    Args:
        name: as `recipe_names` gives it.
        folder: made where it is missing.

    Returns:
        What was written.

    Raises:
        UserError: the recipe itself is there already.
    """
    target = folder / f"{name}.yaml"
    if target.exists():
        raise UserError(
            f"{target} is there already and is not overwritten; name another folder: "
            f"`{command_line('recipes')} {name} FOLDER`"
        )
    source = recipes_folder() / f"{name}.yaml"
    text = source.read_text("utf-8")
    written = []
    for reference in sorted(set(_REFERENCE.findall(text))):
        other = (source.parent / reference).resolve().relative_to(recipes_folder().resolve())
        if not (folder / other).exists():
            written += copy_recipe(other.with_suffix("").as_posix(), folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(spell_commands(text), "utf-8")
    return [target, *written]
