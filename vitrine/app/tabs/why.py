"""Why the model answered as it did: a map over the picture at once, and a moment later how far to trust the map.

A test picture of the model brings its map along where that was made with the page (see `example_maps`), and else once
somebody has asked for it: made and checked then, and kept.
"""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import Any

import gradio as gr
from markupsafe import escape
from PIL import Image

from vitrine.app.classifier import Classifier, Shown
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.explain.explainer import Explainer, Explanation, Method
from vitrine.explain.perturbation import Perturbation
from vitrine.models.hub_files import is_inside
from vitrine.predict.predictor import Predictor
from vitrine.ui.texts import Texts

MAP_HEIGHT = 320  # pixels
STEP_SECONDS = 0.5  # between two words on how far it is


@dataclass(frozen=True)
class Why:
    """Answers the button; of what visitors bring, it keeps nothing between events.

    Attributes:
        explainer: of the model.
        texts: of the page's language.
        kept: maps of test pictures, made in the usual way, with their words, by name; a dozen pictures of at most 256
            pixels. See `stored_maps`.
    """

    explainer: Explainer
    texts: Texts
    kept: dict[str, tuple[Image.Image, str]] = field(default_factory=dict)

    @property
    def methods(self) -> list[Method]:
        """Those that this model and this installation have; the first is the quickest."""
        found = list(self.explainer.usual_methods)
        if find_spec("shap") and find_spec("cv2"):
            found.append("shap")
        return found

    def open_example(self, shown: Shown | None) -> tuple[Any, str]:
        """Another picture is shown: a test picture with its map, where one was made before; any other without."""
        name = shown.example if shown is not None and shown.on_page else ""
        if name not in self.kept:
            return forget_map()
        drawn, said = self.kept[name]
        return gr.update(value=drawn, visible=True), said

    def explain(
        self, shown: Shown | None, method: Method | None = None, label_name: str | None = None
    ) -> Iterator[tuple[Any, str]]:
        """The map of a class over the picture, with what it shows in words; then whether to trust it.

        Where the quickest map does not stand its checks, another one follows.

        Args:
            shown: what the page shows.
            method: how the map is made; None: the quickest way.
            label_name: of the class; None: the likeliest one.
        """
        is_quickest = method in (None, self.methods[0])
        is_usual = is_quickest and label_name is None
        if shown is None or not shown.on_page:
            yield gr.update(value=None, visible=False), _line(self.texts, "app.why.no_picture")
            return
        if is_usual and shown.example in self.kept:
            yield self.open_example(shown)
            return
        try:
            image = self.explainer.predictor.open_image(shown.path)
        except ImageError:  # uploads are deleted after a while
            yield gr.update(value=None, visible=False), _line(self.texts, "app.why.gone")
            return
        explain = partial(self.explainer.explain, image, label_name, preprocessed=shown.prepared)
        tries = self.explainer.usual_methods if is_quickest else (method,)
        for number, each in enumerate(tries, 1):
            done = yield from self._explain_by(partial(explain, method=each), image, number == len(tries))
            if done is not None:
                break
        if done is not None and shown.example and is_usual:
            self.kept[shown.example] = done

    def _explain_by(
        self, explain: Callable[..., Explanation], image: Image.Image, is_last: bool
    ) -> Generator[tuple[Any, str], None, tuple[Image.Image, str] | None]:
        """Shows one map and its verdict, and gives both; None where there is no map, or another one shall follow."""
        working = _Working(explain)
        for done, of in working.steps():
            yield gr.skip(), _line(self.texts, "app.why.at_work", done=done, all=of)
        found = working.result()
        if not found.importance.any():
            end = _line(self.texts, "app.why.nothing" if is_last else "app.why.next_method", label=found.label_name)
            yield gr.update(value=None, visible=False), end
            return None
        drawn = self.explainer.draw(image, found)
        lead = _line(self.texts, "app.why.lead", label=found.label_name)
        yield gr.update(value=drawn, visible=True), lead + _line(self.texts, "app.why.checking")
        verdict = self.explainer.judge(found)
        if not (verdict.is_trusted or is_last):
            yield gr.skip(), _line(self.texts, "app.why.next_method")
            return None
        said = _say(self.texts, found.label_name, verdict.is_trusted, verdict.random_weights is not None)
        yield gr.skip(), said
        return drawn, said


def stored_maps(predictor: Predictor, texts: Texts) -> dict[str, tuple[Image.Image, str]]:
    """Maps that came with the model, as `Why.kept` has them.

    Like its pictures, what leads out of the model's folder is passed over.
    """
    found = {}
    for example in predictor.metadata.examples if predictor.metadata else ():
        stored = example.map
        if stored is None or not is_inside(predictor.folder, stored.file):
            continue
        try:
            drawn = open_image(predictor.folder / stored.file)
        except ImageError:
            continue  # it is made when somebody asks for it
        words = _say(texts, stored.label_name, stored.is_trusted, stored.random_weights_tried)
        found[PurePosixPath(example.file).stem] = (drawn, words)
    return found


def _say(texts: Texts, label_name: str, is_trusted: bool, random_weights_tried: bool) -> str:
    """What the map shows, and how it stood the checks that were made."""
    verdict = ["app.why.trusted"] if is_trusted else ["app.why.untrusted"]
    if is_trusted and random_weights_tried:
        verdict.append("app.why.other_weights")
    return _line(texts, "app.why.lead", label=label_name) + _line(texts, *verdict)


def _line(texts: Texts, *keys: str, **values: object) -> str:
    return f"<p>{escape(' '.join(texts(key, **values) for key in keys))}</p>"


class _StoppedError(Exception):
    """The visitor did not wait."""


class _Working:
    """A map that is made in a thread of its own, so that its progress can be told, and it can be stopped.

    Args:
        explain: takes the options of the methods that take long.
    """

    def __init__(self, explain: Callable[..., Explanation]) -> None:
        self._stopped = False
        self._at: tuple[int, int] | None = None
        self._pool = ThreadPoolExecutor(1, "why")
        self._future = self._pool.submit(explain, options=Perturbation(progress=self._note))

    def _note(self, done: int, of: int) -> None:
        self._at = (done, of)
        if self._stopped:
            raise _StoppedError

    def steps(self) -> Iterator[tuple[int, int]]:
        """How far it is, while it goes on; whoever closes this stops the work."""
        try:
            while not wait([self._future], STEP_SECONDS).done:
                if self._at is not None:
                    yield self._at
        finally:
            self._stopped = True
            self._pool.shutdown(wait=False)

    def result(self) -> Explanation:
        """The map, or what went wrong."""
        return self._future.result()


def build_why(classifier: Classifier, shown: gr.State) -> None:
    """The button, the map and its sentence, below the answer; another picture ends them and brings its own, if any.

    Args:
        classifier: of the page.
        shown: what the page shows.
    """
    texts = classifier.wording.texts
    why = Why(Explainer(classifier.predictor), texts, stored_maps(classifier.predictor, texts))
    button = gr.Button(texts("app.why.button"), size="sm", elem_id="why")
    with gr.Accordion(texts("app.why.choices"), open=False, elem_id="why-choices"):
        methods = [(texts(f"app.why.method.{method}"), method) for method in why.methods]
        method = gr.Dropdown(methods, value=methods[0][1], label=texts("app.why.how"), elem_id="why-method")
        label = gr.Dropdown(
            list(classifier.predictor.label_names), value=None, label=texts("app.why.label"), elem_id="why-label"
        )
        stop = gr.Button(texts("app.why.stop"), size="sm", elem_id="why-stop")
    drawn = gr.Image(
        visible=False,
        interactive=False,
        type="pil",
        format="png",
        height=MAP_HEIGHT,
        label=texts("app.why.heading"),
        alt_text=texts("app.why.heading"),
        buttons=["fullscreen"],
        elem_id="why-map",
    )
    said = gr.HTML("", elem_id="why-words")
    # In a queue of its own: the check asks the network for seconds, and other visitors shall not wait for it.
    asked = button.click(
        why.explain,
        [shown, method, label],
        [drawn, said],
        show_progress_on=said,
        api_visibility="private",
        concurrency_id="why",
    )
    quick: dict[str, Any] = {"api_visibility": "private", "queue": False, "show_progress": "hidden"}
    stop.click(forget_map, None, [drawn, said], cancels=asked, **quick)
    shown.change(why.open_example, shown, [drawn, said], cancels=asked, **quick)


def forget_map() -> tuple[Any, str]:
    """Where no map was asked for."""
    return gr.update(value=None, visible=False), ""
