"""The one thing that pyproject.toml cannot say: the recipes of configs/ travel in the package, as vitrine/recipes/."""

from pathlib import Path

from setuptools import find_packages, setup

RECIPES = "vitrine.recipes"
KINDS = ("jinja", "css", "yaml", "js", "html", "json")  # files beside the modules

folders = [path.name for path in sorted(Path("configs").iterdir()) if path.is_dir()]
setup(
    packages=[*find_packages(include=["vitrine", "vitrine.*"]), RECIPES, *(f"{RECIPES}.{name}" for name in folders)],
    package_dir={RECIPES: "configs"},
    package_data={
        "vitrine": ["py.typed", "**/Dockerfile", *(f"**/*.{kind}" for kind in KINDS)],
        RECIPES: ["**/*.yaml"],
    },
)
