"""Gradio, imported in half of its time.

As it is imported it writes type stubs for editors beside its own files: it parses and renders the source of each of its
components, anew at every start. Nobody edits here. And while a library makes objects that stay, Python need not look
for garbage among them.
"""

import gc
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

WRITER = "gradio.component_meta"  # the module whose function of this name writes the stubs
FUNCTION = "create_or_modify_pyi"


def import_gradio() -> None:
    """Imports Gradio, where it is not imported yet; a Gradio that writes no stubs is imported as it is."""
    if "gradio" in sys.modules:
        return
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    gc.disable()
    try:
        import gradio  # noqa: F401
    finally:
        sys.meta_path.remove(finder)
        gc.enable()
        gc.freeze()


class _Finder(MetaPathFinder):
    """Finds the one module, to be loaded without its writer."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != WRITER:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        if hasattr(module, FUNCTION):
            setattr(module, FUNCTION, lambda *_: None)
