#!/bin/sh
# Gradio: a page that is to be an MCP server, where version 2 of the package mcp is installed.
#
# One would guess: `launch(mcp_server=True)` fails and says that this version does not fit, or the route answers.
# What happens: the page starts as usual, and the MCP route is 404. Why stands in `page.mcp_error` alone, which is printed
# only without `quiet`. The pin of the extra (gradio[mcp]: mcp<2) does not help who installs the two packages by their names.
# Output seen: mcp 1.30.0: route 200, error None
#              mcp 2.3.0: route 404, error Error launching MCP server: 'Server' object has no attribute 'call_tool'
# Seen with: gradio 6.31.0, mcp 1.30.0 and 2.3.0, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
cat >"$folder/page.py" <<'PROGRAM'
from importlib.metadata import version

import gradio as gr
import httpx


def double(number: float) -> float:
    """Doubles a number."""
    return 2 * number


page = gr.Interface(double, "number", "number")
address = page.launch(
    mcp_server=True, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False
)[1]
status = httpx.post(
    f"{address}gradio_api/mcp/",
    json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
    headers={"Accept": "application/json, text/event-stream"},
).status_code
print(f"mcp {version('mcp')}: route {status}, error {page.mcp_error}")
page.close()
PROGRAM
for mcp in 1.30.0 2.3.0; do
    "$folder/venv/bin/python" -m pip install --quiet gradio==6.31.0 httpx==0.28.1 mcp==$mcp
    GRADIO_ANALYTICS_ENABLED=False "$folder/venv/bin/python" "$folder/page.py" 2>&1 | grep "^mcp" | tee -a "$folder/said"
done
grep -q "^mcp 1.30.0: route 200" "$folder/said" && grep -q "^mcp 2.3.0: route 404" "$folder/said" ||
    { echo "the two generations do not differ so now"; exit 1; }
