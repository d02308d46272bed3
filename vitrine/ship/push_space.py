"""Puts the page of a model on the Hugging Face Hub as a Space, of the kind that its owner may have."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from huggingface_hub import HfApi, SpaceHardware

from vitrine.errors import UserError
from vitrine.explain.example_maps import MAP_SUFFIX
from vitrine.records.folder import MODEL
from vitrine.records.prepared import CARD
from vitrine.ship.browser.build import build_page
from vitrine.ship.bundle import build_bundle
from vitrine.ship.bundle_trial import try_bundle
from vitrine.ship.hub import Place, check_audience, check_is_ours, check_repo_id, commit_folder, find_place, one_message
from vitrine.ship.hub_history import EXAMPLES
from vitrine.ship.licenses import UNKNOWN, state_license
from vitrine.ship.model_card import Terms
from vitrine.ship.model_files import measure_files
from vitrine.ship.push_model import Wishes, decide_examples, say_licenses, settle_terms
from vitrine.ship.run_evidence import find_run, read_evidence

Kind = Literal["static", "zero-gpu", "paid"]
SPACE = "space"
ZERO_GPU = SpaceHardware.ZERO_A10G
FREE_ZERO_GPU = 2  # Spaces on ZeroGPU that an account without payment may have
KEPT = "The Hub has all of it or nothing; what was uploaded already is not sent again"
# By these, a repository is known as a Space of Vitrine's: the facts of a static page, and the model of a Gradio one.
MARKS = {"static": "page.json", "zero-gpu": "model.onnx", "paid": "model.onnx"}
STATIC = "static: free for every account; the model runs in the visitor's browser, and no picture leaves it"


@dataclass(frozen=True)
class PublishedSpace:
    """What a push made.

    Attributes:
        address: of its page.
        kind: of the Space.
        sizes: bytes of its files, by path.
    """

    address: str
    kind: Kind
    sizes: dict[str, int]


def publish_space(
    run: Path, repo_id: str, wishes: Wishes, kind: Kind | None, is_tried: bool, say: Callable[[str], None]
) -> PublishedSpace:
    """Builds the page of a finished run and pushes it; one of Vitrine's that is there already is replaced.

    Args:
        run: folder of the run, or its model folder.
        repo_id: `owner/name`.
        wishes: of the user.
        kind: of the Space; None takes the first that the account may have: static, ZeroGPU, paid.
        is_tried: whether a Gradio Space is installed, started and asked here before it is sent.
        say: is told which kind and why, and what will be seen by whom, before anything is sent.

    Raises:
        UserError: the message says why, what to do, and where its files are on the Hub already.
    """
    check_repo_id(repo_id, "a Space")
    run = find_run(run)
    evidence = read_evidence(run)
    with_examples = decide_examples(evidence, wishes)
    api = HfApi()
    with one_message(repo_id, KEPT), tempfile.TemporaryDirectory(prefix="vitrine-push-") as temporary:
        place = find_place(api, repo_id, SPACE)
        terms = settle_terms(evidence, repo_id, wishes, with_examples, api)
        choices = find_choices(api, place, repo_id, kind)
        check_audience(place, repo_id, wishes.is_public)
        folder = Path(temporary) / "space"
        chosen = _build(run / MODEL, folder, choices, with_examples, say)
        _state_license(folder / CARD, terms)
        sizes = measure_files(folder)
        say(_tell_audience(wishes.is_public, sizes))
        say(say_licenses(terms))
        if is_tried and chosen != "static":
            say("installing and starting it here first ...")
            say(try_bundle(folder).words)
        creation = {"space_sdk": "static" if chosen == "static" else "gradio"}
        if chosen == "zero-gpu":
            creation["space_hardware"] = ZERO_GPU
        files = {name: folder / name for name in sizes}
        commit_folder(api, place, repo_id, files, wishes.is_public, repo_type=SPACE, message="Space", **creation)
    return PublishedSpace(f"{api.endpoint}/spaces/{repo_id}", chosen, sizes)


def _state_license(card: Path, terms: Terms) -> None:
    """Puts the licence of the model into the head of the Space's README.md, where the Hub reads it."""
    if terms.license == UNKNOWN:
        return
    head, end, text = card.read_text("utf-8").removeprefix("---\n").partition("---\n")
    lines = "".join(f"{name}: {value}\n" for name, value in state_license(terms.license).items())
    card.write_text(f"---\n{head}{lines}{end}{text}", "utf-8")


def find_choices(api: HfApi, place: Place, repo_id: str, asked: Kind | None) -> dict[Kind, str]:
    """The kinds that this Space may be of, the first the best, each with what speaks for it.

    Args:
        api: with the user's token.
        place: where the Space is, or will be.
        repo_id: of it.
        asked: the kind that the user wants; None: any.

    Raises:
        UserError: the account may not have the kind that was asked for, or something else is there.
    """
    if place.there is not None:
        kind = _kind_of(place)
        check_is_ours(place, repo_id, MARKS[kind], "Space")
        if asked not in (None, kind):
            raise UserError(f"{repo_id} is there already, as {kind}; choose another name for {asked}")
        return {kind: f"{kind}, as it is already"}
    left = FREE_ZERO_GPU - _count_zero_gpu(api, repo_id.split("/")[0])
    is_paying = bool(place.user.get("isPro") or place.user.get("canPay"))
    choices: dict[Kind, str] = {"static": STATIC}
    if left > 0 or is_paying:
        choices["zero-gpu"] = "ZeroGPU: a server of the Hub computes" + ("" if is_paying else f"; free, {left} left")
    if is_paying:
        choices["paid"] = "Gradio on a processor of the Hub, which your paid account may have"
    if asked is None:
        return choices
    if asked not in choices:
        had = f"your account has the {FREE_ZERO_GPU} that are free"
        limit = had if asked == "zero-gpu" else "it is for paid accounts"
        raise UserError(
            f"--kind {asked}: the Hub would answer 402 (payment required): {limit}. Take --kind static, which is free "
            "for every account, or a paid account"
        )
    return {asked: choices[asked]}


def _kind_of(place: Place) -> Kind:
    if place.there.sdk == "static":
        return "static"
    runtime = place.there.runtime
    hardware = runtime and (runtime.requested_hardware or runtime.hardware)
    return "zero-gpu" if hardware == ZERO_GPU else "paid"


def _count_zero_gpu(api: HfApi, owner: str) -> int:
    runtimes = [space.runtime for space in api.list_spaces(author=owner, expand=["runtime"])]
    return sum(ZERO_GPU in (one.requested_hardware, one.hardware) for one in runtimes if one)


def _build(
    model: Path, folder: Path, choices: Mapping[Kind, str], with_examples: bool, say: Callable[[str], None]
) -> Kind:
    """Builds the first kind that the model can be shown as, and says which and why."""
    *_, last = choices
    for kind in choices:
        try:
            if kind == "static":
                build_page(str(model), folder, with_examples)
            else:
                build_bundle(str(model), folder, with_examples, kind == "zero-gpu", say)
        except UserError as error:
            if kind == last:
                raise
            say(f"not {kind}: {error}")
        else:
            break
    say(choices[kind])
    return kind


def _tell_audience(is_public: bool, sizes: Mapping[str, int]) -> str:
    count = sum(name.startswith(EXAMPLES) and not name.endswith(MAP_SUFFIX) for name in sizes)
    pictures = f"{count} test pictures" if count else "no pictures"
    seen_by = "all the world" if is_public else "you, and whoever you let see it"
    amount = f"{sum(sizes.values()):,} bytes in {len(sizes)} files"
    return f"{'public' if is_public else 'private'}: page, model and {pictures} will be seen by {seen_by} ({amount})"
