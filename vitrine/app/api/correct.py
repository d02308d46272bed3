"""The plain route by which programs say what a picture shows: `POST /correct`, where corrections are on."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from fastapi import File, Form, UploadFile
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from vitrine.app.corrections import LONGEST_REVIEWER, clean, model_side, read_choice, say_error
from vitrine.app.uploads import refuse_picture
from vitrine.corrections.judgment import NONE, Judgment
from vitrine.corrections.opinions import current, is_conflict
from vitrine.corrections.store import CorrectionStore
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.errors import UserError
from vitrine.predict.batcher import Batcher, NoAnswerError
from vitrine.ui.texts import load_texts

OWN_PAGES = (None, "none", "same-origin")  # of the header Sec-Fetch-Site, which programs do not send


class KeptCorrection(BaseModel):
    """What was kept."""

    id: str
    sha256: str = Field(description="of the picture's file")
    kind: Literal["label", "new", "none"] = Field(description='"new": the model does not know this label')
    label: str
    answer: str = Field(description="the model's likeliest class")
    picture_kept: bool
    reviewers_differ: bool = Field(description="then the picture gets no correction until all agree")


def correct_route(batcher: Batcher, store: CorrectionStore, user: str = "") -> APIRoute:
    """The route.

    Args:
        batcher: asks the model, whose answer stands beside the label.
        store: keeps it.
        user: of the password, who has judged where no reviewer is named; "" where everybody may ask.
    """
    return APIRoute("/correct", _build(batcher, store, user), methods=["POST"], response_model=KeptCorrection)


def _build(batcher: Batcher, store: CorrectionStore, user: str) -> Callable[..., KeptCorrection]:
    def correct(
        request: Request,
        picture: Annotated[UploadFile, File(description="JPEG, PNG, WebP, HEIC, TIFF and others")],
        label: Annotated[str, Form(description="what it shows; empty: none of the classes")] = "",
        reviewer: Annotated[str, Form(description="who says it")] = "",
        keep_picture: Annotated[bool, Form(description="whether its owner consents to its being kept")] = False,
    ) -> KeptCorrection:
        """Keeps what a picture shows, sent as the file `picture` of a form (multipart/form-data)."""
        if request.headers.get("sec-fetch-site") not in OWN_PAGES:
            raise HTTPException(403, "corrections are taken from this page and from programs, not from other sites")
        content, name = picture.file.read(), Path(picture.filename or "").name or "the picture"
        who = clean(reviewer, LONGEST_REVIEWER) or clean(user, LONGEST_REVIEWER)
        judgment = _judge(batcher, content, name, label, who)
        try:
            kept = store.add(judgment, content if keep_picture else None)
            differ = any(map(is_conflict, current(store.of_picture(kept.sha256)).values()))
        except UserError as error:
            raise HTTPException(503, say_error(error, load_texts("en"))) from None
        return KeptCorrection(
            id=kept.id, sha256=kept.sha256, kind=kept.kind, label=kept.label, answer=kept.answer,
            picture_kept=bool(kept.kept), reviewers_differ=differ,
        )  # fmt: skip

    return correct


def _judge(batcher: Batcher, content: bytes, name: str, label: str, reviewer: str) -> Judgment:
    texts = load_texts("en")
    try:
        prediction = batcher.predict(open_image(io.BytesIO(content), rendering=batcher.predictor.rendering))
    except ImageError as error:
        raise HTTPException(422, refuse_picture(name, error, texts)) from None
    except NoAnswerError as error:
        raise HTTPException(503, str(error)) from None
    kind, given = read_choice(None, label, batcher.predictor.label_names, texts) if clean(label) else (NONE, "")
    digest = hashlib.sha256(content).hexdigest()
    return Judgment(digest, kind, given, reviewer, **model_side(batcher.predictor, prediction))
