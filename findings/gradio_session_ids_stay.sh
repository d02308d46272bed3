#!/bin/sh
# Gradio: what a server keeps of a visitor who asked by its API and went away.
#
# One would guess: nothing. `state_session_capacity` bounds the visitors' state, messages are forgotten once they are
# read, and a call by `/gradio_api/call/NAME` that was answered and read to its end is over.
# What happens: of each such call, a set and the name of its session stay in the queue's table of waiting events, for as
# long as the server runs; so a server that programs ask grows without end.
# Output seen: 200 calls, all answered; entries left 200
# Seen with: Gradio 6.31.0, httpx 0.28.1, Python 3.11.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet gradio==6.31.0 httpx==0.28.1
cd "$folder"
GRADIO_ANALYTICS_ENABLED=False venv/bin/python - <<'PROGRAM'
import time

import gradio as gr
import httpx

CALLS = 200
with gr.Blocks() as page:
    box = gr.Textbox()
    box.submit(str.upper, box, box, api_name="shout")
_, address, _ = page.launch(prevent_thread_lock=True, quiet=True, state_session_capacity=10)
answered = 0
with httpx.Client(base_url=address, timeout=60) as client:
    for _ in range(CALLS):
        call = client.post("/gradio_api/call/shout", json={"data": ["a"]}).json()["event_id"]
        answered += '["A"]' in client.get(f"/gradio_api/call/shout/{call}").text
time.sleep(5)
left = len(page._queue.pending_event_ids_session)
page.close(verbose=False)
print(f"{answered} calls, all answered; entries left {left}")
assert answered == CALLS
assert left == CALLS, "it has changed: see vitrine/app/waiting_events.py"
PROGRAM
