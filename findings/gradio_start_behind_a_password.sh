#!/bin/sh
# Gradio: a page whose server asks for a password by HTTP basic authentication, by a middleware of `app_kwargs`.
#
# One would guess: the server starts, and browsers and programs are asked for the password.
# What happens: it never starts. Gradio's launch() asks its own server by HTTP for /gradio_api/startup-events, without any
# password, takes the 401 for a network that cannot be reached, tries again, and raises. With that one path open it starts.
# Output seen: closed: Exception: Couldn't start the app because 'http://127.0.0.1:PORT/gradio_api/startup-events' failed (code 401)....
#              that path open: starts; without the password: 401; with it: 200
# Seen with: gradio 6.31.0, Python 3.11, Linux.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet gradio==6.31.0 httpx==0.28.1
GRADIO_ANALYTICS_ENABLED=False "$folder/venv/bin/python" - <<'PROGRAM'
import base64
import re

import gradio as gr
import httpx
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

WANTED = "Basic " + base64.b64encode(b"anna:secret").decode()


class Password:
    def __init__(self, app, free=()):
        self.app, self.free = app, free

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"] not in self.free:
            if dict(scope["headers"]).get(b"authorization", b"").decode() != WANTED:
                return await PlainTextResponse("password, please", 401)(scope, receive, send)
        return await self.app(scope, receive, send)


def launch(free):
    with gr.Blocks() as page:
        gr.Markdown("a page")
    guard = Middleware(Password, free=free)
    return page, page.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, share=False, ssr_mode=False, app_kwargs={"middleware": [guard]})[1]


try:
    launch(())
    raise SystemExit("it starts now behind a password")
except Exception as error:
    said = re.sub(r":\d{4,5}/", ":PORT/", f"{type(error).__name__}: {error}")
    print(f"closed: {said.splitlines()[0][:110]}...")
    assert "startup-events" in said and "401" in said, said
page, address = launch(("/gradio_api/startup-events",))
without, with_it = (httpx.get(address, headers=headers).status_code for headers in ({}, {"authorization": WANTED}))
print(f"that path open: starts; without the password: {without}; with it: {with_it}")
assert (without, with_it) == (401, 200)
page.close()
PROGRAM
