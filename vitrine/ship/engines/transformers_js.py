"""A model as a folder that transformers.js opens: web pages, Node and Electron.

It knows networks and image processors of some types only, and resizes pictures in its own way, which the card says.
"""

import json
from pathlib import Path

import numpy as np

from vitrine.data.prepared.dataset import PreparedDataset
from vitrine.errors import UserError
from vitrine.predict.predictor import Predictor
from vitrine.predict.preprocessing import Pixels
from vitrine.predict.runtimes.network import Outputs
from vitrine.predict.runtimes.onnx import PIXELS, OnnxNetwork, open_session
from vitrine.records.public import hide_places
from vitrine.ship.agreement import Ask
from vitrine.ship.engines.canvas import measure_canvas
from vitrine.ship.engines.engine import Engine
from vitrine.ship.export import trace_model

# Of transformers.js 4.3: what its pipeline for image classification opens.
NETWORKS = (
    "beit", "convnext", "convnextv2", "deit", "dinov2", "dinov2_with_registers", "efficientnet", "hiera", "ijepa",
    "mobilenet_v1", "mobilenet_v2", "mobilenet_v3", "mobilenet_v4", "mobilevit", "mobilevitv2", "pvt", "resnet",
    "segformer", "swin", "vit", "vit_msn",
)  # fmt: skip
PROCESSORS = ("BitImageProcessor", "ViTImageProcessor")
CONFIG, PROCESSOR = "config.json", "preprocessor_config.json"
NOTE = """\
transformers.js (4.3 or later) opens this folder, put where your page finds it or on the Hugging Face Hub:

```js
import {{ env, pipeline }} from "@huggingface/transformers";
env.localModelPath = "/models/"; // the folder that holds this one; leave both lines out for a model of the Hub
env.allowRemoteModels = false;
const classify = await pipeline("image-classification", "NAME_OF_THIS_FOLDER", {{ dtype: "fp32" }});
console.log(await classify("picture.jpg"));
```

The figures above are of the network alone. In a browser, transformers.js resizes pictures on a canvas, without
averaging, and so otherwise than the model's own preparation does; in Node it does so in yet another way.
{deviation}
Pictures that have the network's size it answers exactly. Ask it about the pictures in `golden/` to see what it does
where you use it. It knows neither "unsure" nor "none of these": compare its probabilities with `trust` in
`model.json`. A page of `vitrine build-space --static` resizes to the bit and says both.
"""
MEASURED = """\
Resized as on a canvas, {pictures:,} of the model's test pictures got the same first answer {same:,} times, and
probabilities that were off by up to {gap:.2g}."""
NOT_MEASURED = """\
How far that leads for this model was not measured, since its test pictures are not at hand in their own size."""


def _write(predictor: Predictor, _: int, file: Path) -> None:
    config = json.loads((predictor.folder / CONFIG).read_text("utf-8"))
    processor = predictor.preprocess.settings
    kind, maker = config.get("model_type"), processor.get("image_processor_type")
    if kind not in NETWORKS or maker not in PROCESSORS:
        what = f"networks of the type {kind}" if kind not in NETWORKS else f"the image processor {maker}"
        raise UserError(
            f"{predictor.model_id}: transformers.js does not know {what}; it opens networks such as mobilenet_v2, "
            "resnet or vit, trained without preparation.steps and letterbox; of every model, build-space --static "
            "makes a page"
        )
    file.parent.mkdir()
    file.write_bytes(trace_model(predictor, with_map=False).content.SerializeToString())
    for name, settings in ((CONFIG, config), (PROCESSOR, dict(processor))):
        text = json.dumps(hide_places(settings), indent=2, ensure_ascii=False)
        (file.parent.parent / name).write_text(text, "utf-8")


def _open(file: Path, _: tuple[str, ...]) -> Ask:
    network = OnnxNetwork(open_session(str(file)))

    def ask(pixels: Pixels) -> Outputs:
        return network.ask({PIXELS: np.ascontiguousarray(pixels)})

    return ask


def _note(predictor: Predictor, prepared: PreparedDataset) -> str:
    found = measure_canvas(predictor, prepared)
    said = NOT_MEASURED
    if found is not None:
        said = MEASURED.format(same=found.same, pictures=found.pictures, gap=found.largest_gap)
    return NOTE.format(deviation=said)


TRANSFORMERS_JS = Engine("transformers.js", "onnx/model.onnx", "onnxruntime", _write, _open, _note)
