"""What the documentation site consists of: pages that people wrote, and pages that the code gives."""

import json
from pathlib import Path

from tools.reference_pages import commands_page, experiments_page, python_page, recipe_page
from tools.site_decisions import decision_pages, design_page

# Files of the repository that are pages under another name.
RENAMED = {
    "README.md": "index.md",
    "README.fr.md": "fr/index.md",
    "EXPERIMENTS.md": "benchmarks.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "DESIGN.md": "design.md",
}
NOTEBOOKS = "notebooks"
# Sections of the navigation and their pages. Names come before patterns: `*.md` takes what no section names.
NAVIGATION_ORDER = {
    "Home": ("index.md",),
    "Tutorials": ("tutorials/shelter.md", "tutorials/*.md"),
    "Guides": ("install.md", "data.md", "recipes.md", "backbones.md", "report.md", "compare.md", "app.md", "*.md"),
    "Reference": ("reference/*.md",),
    "Decisions": ("decisions/index.md", "decisions/*.md"),
    "About": ("measured.md", "benchmarks.md", "design.md", "contributing.md", "changelog.md"),
    "Français": ("fr/index.md", "fr/tutorials/*.md", "fr/*.md"),
}


def written_pages(root: Path) -> dict[str, Path]:
    """Place in the site, and file, of every page that a person wrote.

    Args:
        root: of the repository.
    """
    renamed = {target: root / name for name, target in RENAMED.items() if (root / name).exists()}
    docs = root / "docs"
    return renamed | {path.relative_to(docs).as_posix(): path for path in sorted(docs.rglob("*.md"))}


def generated_pages(root: Path) -> dict[str, str]:
    """Place and text of every page that comes from code, or from a part of a longer file."""
    design = (root / "DESIGN.md").read_text("utf-8")
    return {
        "reference/recipe.md": recipe_page(),
        "reference/experiments.md": experiments_page(),
        "reference/commands.md": commands_page(),
        "reference/python.md": python_page(),
        "design.md": design_page(design),
        **decision_pages(design),
    }


def notebooks(root: Path) -> list[Path]:
    """Files of the notebooks."""
    return sorted((root / NOTEBOOKS).glob("*.ipynb"))


def results_of(path: Path) -> Path:
    """Where the results of a notebook lie."""
    return path.with_suffix(".results.json")


def notebook_page(path: Path) -> str:
    """A notebook as a page: its text, and its code in blocks, each with what it gives.

    Args:
        path: of the file, whose cells hold no outputs; `tools/run_notebooks.py` has kept them beside it.
    """
    kept = json.loads(results_of(path).read_text("utf-8"))
    results = {one["source"]: one["result"] for one in kept}
    parts = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts += [f"```python\n{text}\n```", results.get(text, "")] if cell["cell_type"] == "code" else [text]
    return "\n\n".join([*parts, f"*This page is the notebook `{NOTEBOOKS}/{path.name}`.*\n"])
