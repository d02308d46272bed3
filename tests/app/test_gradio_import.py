"""Gradio is imported without writing type stubs, and is the same Gradio."""

import subprocess
import sys
import types
from importlib.machinery import SourceFileLoader

from vitrine.app.gradio_import import FUNCTION, _Loader

PROGRAM = """
import ast, gc, sys
parsed = []
parse = ast.parse
ast.parse = lambda *given, **named: (parsed.append(1), parse(*given, **named))[1]
finders = list(sys.meta_path)
from vitrine.app.gradio_import import import_gradio
import_gradio()
import gradio as gr
with gr.Blocks() as page:
    box = gr.Textbox()
    box.change(lambda text: text, box, box)
print(len(parsed), sys.meta_path == finders, gc.isenabled(), len(page.fns), gr.component_meta.ComponentMeta.__name__)
"""


def test_no_source_is_parsed_and_the_page_has_its_events():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    parsed, *rest = done.stdout.split()
    assert int(parsed) < 20  # more than 150 with the stubs
    assert rest == ["True", "True", "1", "ComponentMeta"]


def test_a_gradio_without_that_function_is_imported_as_it_is(tmp_path):
    (tmp_path / "later.py").write_text("answer = 42\n")
    module = types.ModuleType("later")
    loader = _Loader("later", str(tmp_path / "later.py"))
    assert isinstance(loader, SourceFileLoader)
    loader.exec_module(module)
    assert (module.answer, hasattr(module, FUNCTION)) == (42, False)
