"""Tab: how to ask from a program."""

import json

import gradio as gr

from vitrine.app.languages import LANGUAGES
from vitrine.app.wording import Wording
from vitrine.ui.texts import Texts

# How to ask from a program, as the page shows it; a test runs both as they stand.
PYTHON = """\
import requests   # pip install requests

with open("picture.jpg", "rb") as picture:
    answer = requests.post("{address}/predict?top_k={top_k}", files={{"picture": picture}}{auth}).json()
print(answer["words"])   # a class, "unsure: A or B", or "none of my classes"
for row in answer["probabilities"]:
    print(row["label"], row["probability"])
"""

CURL = """\
ls picture.jpg > /dev/null &&
curl {auth}-F picture=@picture.jpg "{address}/predict?top_k={top_k}"
"""
PYTHON_AUTH, CURL_AUTH = ', auth=("USER", "PASSWORD")', "-u USER "


def build_programs(
    page: gr.Blocks, address: str, top_k: int, texts: Texts, needs_password: bool = False, speaks_mcp: bool = False
) -> None:
    """How to ask from a program, with the address under which the visitor sees the page.

    Args:
        page: on which the tab is.
        address: where the page is served; stands in the snippets until the visitor's own is known.
        top_k: number of labels that the snippets ask for.
        texts: of the page's language.
        needs_password: whether they must give user and password.
        speaks_mcp: whether the model is a tool of assistants, too.
    """
    gr.HTML(Wording(texts).section("programs"))
    with gr.Tabs(elem_id="programs"):
        with gr.Tab("Python"):
            snippets = [gr.Markdown(fenced(python_snippet(address, top_k, needs_password), "python"))]
        with gr.Tab("curl"):
            snippets.append(gr.Markdown(fenced(curl_snippet(address, top_k, needs_password), "shell")))
        if speaks_mcp:
            with gr.Tab("MCP"):
                gr.HTML(f"<p>{texts.html('app.programs.mcp')}</p>")
                snippets.append(gr.Markdown(fenced(mcp_snippet(address, needs_password), "json")))
    page.load(None, snippets, snippets, js=at_the_visitors_address(address))


def python_snippet(address: str, top_k: int, needs_password: bool = False) -> str:
    """A complete Python program that asks for the decision on a picture, and for its `top_k` most likely labels."""
    return PYTHON.format(address=address, top_k=top_k, auth=PYTHON_AUTH if needs_password else "")


def curl_snippet(address: str, top_k: int, needs_password: bool = False) -> str:
    """The same for a shell; a file that is not there is named (curl would not), and nobody is asked."""
    return CURL.format(address=address, top_k=top_k, auth=CURL_AUTH if needs_password else "")


def mcp_snippet(address: str, needs_password: bool = False) -> str:
    """What most assistants that speak MCP take as the description of a server."""
    server: dict[str, object] = {"type": "http", "url": f"{address}/mcp"}
    if needs_password:
        server["headers"] = {"Authorization": "Basic BASE64_OF_USER:PASSWORD"}
    return json.dumps({"mcpServers": {"classifier": server}}, indent=2) + "\n"


def fenced(program: str, language: str) -> str:
    """A program as a Markdown code block, which the page shows with a button to copy it."""
    return f"```{language}\n{program}```"


def at_the_visitors_address(address: str) -> str:
    """JavaScript that puts the address under which the visitor sees the page in place of `address` in all snippets."""
    languages = "|".join(LANGUAGES)
    return f"""(...snippets) => {{
        const here = window.location.href.replace(/[?#].*$/, "").replace(/\\/({languages})?\\/*$/, "");
        return snippets.map((text) => text.replaceAll("{address}", here));
    }}"""
