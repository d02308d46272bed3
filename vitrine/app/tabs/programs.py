"""Tab: how to ask from a program."""

import gradio as gr

from vitrine.app.wording import Wording
from vitrine.ui.texts import Texts

# How to ask from a program, as the page shows it; a test runs both as they stand.
PYTHON = """\
from gradio_client import Client, handle_file   # pip install gradio_client

client = Client("{address}")
answer = client.predict(picture=handle_file("picture.jpg"), top_k={top_k}, api_name="/decide")
print(answer["words"])   # a class, "unsure: A or B", or "none of my classes"
for row in answer["confidences"]:
    print(row["label"], row["confidence"])
"""

CURL = """\
ls picture.jpg > /dev/null &&
FILE=$(curl -s -F "files=@picture.jpg" {address}/gradio_api/upload | tr -d '[]"') &&
CALL=$(curl -s {address}/gradio_api/call/decide -H "Content-Type: application/json" \\
  -d '{{"data": [{{"path": "'"$FILE"'", "meta": {{"_type": "gradio.FileData"}}}}, {top_k}]}}' | cut -d '"' -f 4) &&
curl -s {address}/gradio_api/call/decide/$CALL
"""


def build_programs(page: gr.Blocks, address: str, top_k: int, texts: Texts) -> None:
    """How to ask from a program, with the address under which the visitor sees the page.

    Args:
        page: on which the tab is.
        address: where the page is served; stands in the snippets until the visitor's own is known.
        top_k: number of labels that the snippets ask for.
        texts: of the page's language.
    """
    gr.HTML(Wording(texts).section("programs"))
    with gr.Tabs(elem_id="programs"):
        with gr.Tab("Python"):
            python = gr.Markdown(fenced(python_snippet(address, top_k), "python"))
        with gr.Tab("curl"):
            shell = gr.Markdown(fenced(curl_snippet(address, top_k), "shell"))
    page.load(None, [python, shell], [python, shell], js=at_the_visitors_address(address))


def python_snippet(address: str, top_k: int) -> str:
    """A complete Python program that asks for the decision on a picture, and for its `top_k` most likely labels."""
    return PYTHON.format(address=address, top_k=top_k)


def curl_snippet(address: str, top_k: int) -> str:
    """The same for a shell: send the file, ask, wait for the answer; a file that is not there is named, and it ends."""
    return CURL.format(address=address, top_k=top_k)


def fenced(program: str, language: str) -> str:
    """A program as a Markdown code block, which the page shows with a button to copy it."""
    return f"```{language}\n{program}```"


def at_the_visitors_address(address: str) -> str:
    """JavaScript that puts the address under which the visitor sees the page in place of `address` in both snippets."""
    return f"""(...snippets) => {{
        const here = window.location.href.replace(/[?#].*$/, "").replace(/\\/+$/, "");
        return snippets.map((text) => text.replaceAll("{address}", here));
    }}"""
