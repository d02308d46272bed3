"""The plain routes: `POST /predict`, `/health`, `/metrics`, and `/docs`, which describes them in the OpenAPI format."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

import anyio
import anyio.to_thread
import fastapi_offline
from fastapi import File, Query, UploadFile
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from vitrine import __version__
from vitrine.app.api.metrics import Metrics
from vitrine.app.classifier import KINDS
from vitrine.app.uploads import refuse_picture
from vitrine.data.images.decoding import ImageError, open_image
from vitrine.models.calibration.selective import describe
from vitrine.predict.batcher import Batcher, NoAnswerError
from vitrine.predict.predictions import Prediction
from vitrine.ui.texts import load_texts

DEFAULT_TOP_K = 5
AT_ONCE = 16  # pictures that are decoded or wait for the network; the others wait in the order in which they came
MOST_WAITING = 512  # requests; one more is told at once to come again
RETRY_SECONDS = "1"
STUCK_RETRY_SECONDS = "60"
DOCS_FILES = "/docs/files"


class LabelProbability(BaseModel):
    """One class."""

    label: str
    probability: float = Field(description="calibrated, 0 to 1")


class PictureAnswer(BaseModel):
    """What the model says of a picture."""

    decision: Literal["answer", "unsure", "none"] = Field(
        description='"none": it looks like none of the classes; "unsure": it could be either of two'
    )
    words: str = Field(description="the decision in English")
    similarity: float | None = Field(
        description="to the nearest training pictures, -1 to 1; null where the model does not measure it"
    )
    probabilities: list[LabelProbability] = Field(description="the likeliest classes, highest first")


class Health(BaseModel):
    """That the server answers, and what answers."""

    status: Literal["ok"] = "ok"
    model: str
    runtime: str = Field(description="torch, onnxruntime or openvino")
    version: str = Field(description="of Vitrine")


class Fault(BaseModel):
    """Why a request was refused."""

    error: str


class Programs:
    """Answers the plain routes.

    Args:
        batcher: asks the model.
        name: of the model, as the page shows it.
        beside: asks a second model for the page; None: there is none.
    """

    def __init__(self, batcher: Batcher, name: str, beside: Batcher | None = None) -> None:
        self.batcher = batcher
        self.name = name
        self.metrics = Metrics(batcher, beside)
        self._at_once = anyio.CapacityLimiter(AT_ONCE)

    async def predict(
        self,
        picture: Annotated[UploadFile, File(description="JPEG, PNG, WebP, HEIC, TIFF and others")],
        top_k: Annotated[int, Query(ge=1, description="how many classes to return")] = DEFAULT_TOP_K,
    ) -> PictureAnswer:
        """Classifies one picture, sent as the file `picture` of a form (multipart/form-data)."""
        return await self.answer(picture.file, Path(picture.filename or "").name or "the picture", top_k)

    async def answer(self, file: BinaryIO, name: str, top_k: int) -> PictureAnswer:
        """What the model says of a picture.

        Args:
            file: as it was sent.
            name: of it, for a refusal.
            top_k: how many classes to return.

        Raises:
            HTTPException: too many wait already or the network hangs (503), or it is no picture that can be used (422).
        """
        if self._at_once.statistics().tasks_waiting >= MOST_WAITING:
            raise HTTPException(503, "too many requests wait already; come again later", {"Retry-After": RETRY_SECONDS})
        prediction = await anyio.to_thread.run_sync(self._classify, file, name, limiter=self._at_once)
        return _answer(prediction, top_k)

    def health(self) -> Health:
        """Says that the server answers, and which model."""
        return Health(model=self.name, runtime=self.batcher.predictor.network.name, version=__version__)

    def figures(self) -> Response:
        """Figures in the text format of Prometheus."""
        return Response(self.metrics.text(), media_type=self.metrics.media_type)

    def _classify(self, file: BinaryIO, name: str) -> Prediction:
        try:
            return self.batcher.predict(open_image(file, rendering=self.batcher.predictor.rendering))
        except ImageError as error:
            raise HTTPException(422, refuse_picture(name, error, load_texts("en"))) from None
        except NoAnswerError as error:
            raise HTTPException(503, str(error), {"Retry-After": STUCK_RETRY_SECONDS}) from None


def _answer(prediction: Prediction, top_k: int) -> PictureAnswer:
    likeliest = [LabelProbability(label=label, probability=share) for label, share in prediction.ranking[:top_k]]
    return PictureAnswer(
        decision=KINDS[type(prediction.decision)],
        words=describe(prediction.decision),
        similarity=prediction.similarity,
        probabilities=likeliest,
    )


def build_routes(programs: Programs, further: Sequence[APIRoute] = ()) -> list[BaseRoute]:
    """The routes, to stand before those of the page.

    Args:
        programs: answers.
        further: other plain routes, to be described with these.
    """
    faults: dict[int | str, dict[str, Any]] = {
        status: {"model": Fault, "description": reason}
        for status, reason in (
            (413, "too large"), (422, "no picture, one that cannot be used, or a wrong top_k"),
            (429, "more requests than this server allows"), (503, "busy"),
        )
    }  # fmt: skip
    described = [
        APIRoute("/predict", programs.predict, methods=["POST"], response_model=PictureAnswer, responses=faults),
        APIRoute("/health", programs.health, methods=["GET"], response_model=Health),
        APIRoute("/metrics", programs.figures, methods=["GET"], response_class=Response),
        *further,
    ]
    return [*described, *_docs(described, programs.name)]


def _docs(described: Sequence[APIRoute], name: str) -> list[BaseRoute]:
    """The page that describes the routes and lets people try them; its files come from here, not from elsewhere."""
    schema = get_openapi(title=name, version=__version__, routes=described)

    def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "").rstrip("/")
        return get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title=f"{name} · API",
            swagger_js_url=f"{root}{DOCS_FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{DOCS_FILES}/swagger-ui.css",
            swagger_favicon_url=f"{root}{DOCS_FILES}/favicon.png",
        )

    def openapi(_request: Request) -> JSONResponse:
        return JSONResponse(schema)

    files = StaticFiles(directory=Path(fastapi_offline.__file__).with_name("static"))
    return [Mount(DOCS_FILES, files), Route("/docs", page), Route("/openapi.json", openapi)]
