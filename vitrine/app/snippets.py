"""How to ask the page's model from a program: the text shown on the page, run as it stands by a test."""

PYTHON = """\
from gradio_client import Client, handle_file   # pip install gradio_client

client = Client("{address}")
answer = client.predict(picture=handle_file("picture.jpg"), top_k={top_k}, api_name="/predict")
print(answer["label"])
for row in answer["confidences"]:
    print(row["label"], row["confidence"])
"""

CURL = """\
FILE=$(curl -s -F "files=@picture.jpg" {address}/gradio_api/upload | tr -d '[]"')
CALL=$(curl -s {address}/gradio_api/call/predict -H "Content-Type: application/json" \\
  -d '{{"data": [{{"path": "'"$FILE"'", "meta": {{"_type": "gradio.FileData"}}}}, {top_k}]}}' | cut -d '"' -f 4)
curl -s {address}/gradio_api/call/predict/$CALL
"""


def python_snippet(address: str, top_k: int) -> str:
    """A complete Python program that asks for the `top_k` most likely labels of a picture."""
    return PYTHON.format(address=address, top_k=top_k)


def curl_snippet(address: str, top_k: int) -> str:
    """The same for a shell: send the file, ask, wait for the answer."""
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
