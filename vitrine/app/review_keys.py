"""Single keys for the review tab, in the browser; each presses a button, so that both do the same."""

SKIP, NONE_OF_THESE, UNDO, TYPED = "skip", "none", "undo", "typed"
# A key or click counts for the picture that was on display then, and not for the next one that is on its way.
ON_DISPLAY = """(_, ...others) => [
    document.querySelector("#review-card [data-place]")?.dataset.place ?? "", ...others
]"""
KEYS = """
if (!window.vitrineReviewKeys) {
    window.vitrineReviewKeys = true;
    const named = {n: "none", s: "skip", u: "undo"};
    document.addEventListener("keydown", (event) => {
        const card = document.querySelector("#review-card");
        const wanted = document.querySelector("#review-keys input");
        if (!card || !card.offsetParent || !wanted || !wanted.checked) return;
        if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
        if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable=true]")) return;
        const name = /^[1-9]$/.test(event.key) ? `choice-${event.key}` : named[event.key.toLowerCase()];
        const button = name && document.querySelector(`#review-${name}`);
        if (!button || button.disabled || !button.offsetParent) return;
        event.preventDefault();
        button.click();
    });
}
"""
