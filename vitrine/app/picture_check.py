"""Telling in the browser already that a file is too large or no picture, with the words of the server.

Gradio refuses such files too, but only in a corner of the window, for ten seconds, and without saying what to do.
"""

import json

from vitrine.app.uploads import ADVICE, HEIC_ADVICE, HEIC_REASON, MAX_UPLOAD_BYTES, MAX_UPLOAD_MEGABYTES

_SCRIPT = """
const limits = LIMITS;

function reasonAgainst(file) {
    if (/\\.hei[cf]$/i.test(file.name)) return [limits.heicReason, limits.heicAdvice];
    if (file.type && !file.type.startsWith("image/")) return ["it is not a picture", limits.advice];
    if (file.size > limits.bytes) {
        const megabytes = (file.size / 1048576).toFixed(0);
        return [`${megabytes} MB; the limit is ${limits.megabytes} MB`, limits.advice];
    }
    return null;
}

function refuse(file, [reason, advice]) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    notice.textContent = `${file.name} was not used: ${reason}. ${advice}`;
    props.value = notice.outerHTML;
    element.scrollIntoView({ block: "nearest" });
}

// On the document and before it goes down to Gradio's own listeners ("capture"), so that they never see such a file.
function check(event, files, tidy) {
    if (!event.target.closest("#picture") || !files || !files.length) return;
    const file = files[0];
    const against = reasonAgainst(file);
    if (!against) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tidy();
    refuse(file, against);
}

document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type === "file") check(event, input.files, () => { input.value = ""; });
}, true);
document.addEventListener("drop", (event) => {
    const leave = () => event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
    check(event, event.dataTransfer && event.dataTransfer.files, leave);
}, true);
"""

CHECK_BEFORE_UPLOAD = _SCRIPT.replace(
    "LIMITS",
    json.dumps(
        {
            "bytes": MAX_UPLOAD_BYTES,
            "megabytes": MAX_UPLOAD_MEGABYTES,
            "advice": ADVICE,
            "heicReason": HEIC_REASON,
            "heicAdvice": HEIC_ADVICE,
        }
    ),
)
