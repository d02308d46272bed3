"""Telling in the browser already that a file is too large or no picture, with the words of the server.

Gradio refuses such files too, but only in a corner of the window, for ten seconds, and without saying what to do.
"""

import json
from collections.abc import Sequence

from vitrine.app.uploads import MAX_ARCHIVE_BYTES, MAX_UPLOAD_BYTES, refusal, say_limits
from vitrine.data.sources.archives import SUFFIXES
from vitrine.ui.texts import Texts

# Formats that the server reads and that browsers, or their machines, do not all know as pictures.
CHOOSABLE = (".heic", ".heif", ".hif", ".avif", ".tif", ".tiff", ".jfif", ".jp2", ".tga", ".psd", ".mpo")

_SCRIPT = """
const limits = LIMITS;

function reasonAgainst(file) {
    if (limits.picturesOnly && file.type && !file.type.startsWith("image/")) return [limits.notAPicture, limits.advice];
    const isArchive = limits.archives.some((suffix) => file.name.toLowerCase().endsWith(suffix));
    const most = isArchive ? limits.archiveBytes : limits.bytes;
    if (file.size > most) {
        const filled = { SIZE: (file.size / 1048576).toFixed(0), MOST: (most / 1048576).toFixed(0) };
        return [limits.tooLarge.replace(/SIZE|MOST/g, (place) => filled[place]), limits.advice];
    }
    return null;
}

function refuse(file, [reason, advice]) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "alert");
    const filled = { NAME: file.name, REASON: reason, ADVICE: advice };
    notice.textContent = limits.message.replace(/NAME|REASON|ADVICE/g, (place) => filled[place]);
    props.value = notice.outerHTML;
    element.scrollIntoView({ block: "nearest" });
}

// On the document and before it goes down to Gradio's own listeners ("capture"), so that they never see such a file.
function check(event, files, tidy) {
    if (!event.target.closest(limits.box) || !files || !files.length) return;
    const file = [...files].find(reasonAgainst);
    if (!file) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    tidy();
    refuse(file, reasonAgainst(file));
}

document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type === "file") check(event, input.files, () => { input.value = ""; });
}, true);
document.addEventListener("drop", (event) => {
    const files = event.dataTransfer && event.dataTransfer.files;
    const leave = () => event.target.dispatchEvent(new DragEvent("dragleave", { bubbles: true }));
    check(event, files, leave);
    if (event.cancelBubble || !limits.picturesOnly || !event.target.closest(limits.box)) return;
    if (!files || !files.length || files[0].type) return;
    // Of many formats (HEIC, say) browsers know no type, and Gradio refuses a dropped file without one.
    event.preventDefault();
    event.stopImmediatePropagation();
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([files[0]], files[0].name, { type: "image/unknown" }));
    event.target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
}, true);
// The chooser greys out what a browser does not take for a picture: the formats that the server reads are named.
document.addEventListener("click", (event) => {
    const input = event.target;
    if (input.type === "file" && input.closest(limits.box)) input.accept = limits.accept;
}, true);
"""


def check_before_upload(texts: Texts) -> str:
    """JavaScript of the message beside the box for one picture: refuses other files, in the page's language."""
    return _check("#picture", (), say_limits(texts), texts)


def check_batch_before_upload(texts: Texts) -> str:
    """JavaScript of the message beside the box for many pictures and archives: refuses all where one is too large."""
    return _check("#batch-files", SUFFIXES, texts("batch.advice"), texts)


def _check(box: str, archives: Sequence[str], advice: str, texts: Texts) -> str:
    limits = {
        "box": box,
        "picturesOnly": not archives,
        "archives": archives,
        "archiveBytes": MAX_ARCHIVE_BYTES,
        "bytes": MAX_UPLOAD_BYTES,
        "accept": ",".join(("image/*", *CHOOSABLE, *archives)),
        "message": refusal("NAME", "REASON", "ADVICE", texts),
        "advice": advice,
        "notAPicture": texts("app.refusal.not_a_picture"),
        "tooLarge": texts("app.refusal.too_large", size="SIZE", megabytes="MOST"),
    }
    return _SCRIPT.replace("LIMITS", json.dumps(limits))
