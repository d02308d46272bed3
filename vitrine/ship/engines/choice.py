"""The engines that a model can be written for, by the name of their format."""

from vitrine.ship.engines.coreml import COREML
from vitrine.ship.engines.engine import Engine
from vitrine.ship.engines.executorch import EXECUTORCH
from vitrine.ship.engines.litert import LITERT
from vitrine.ship.engines.openvino import OPENVINO
from vitrine.ship.engines.transformers_js import TRANSFORMERS_JS

ENGINES: dict[str, Engine] = {
    "openvino": OPENVINO,
    "litert": LITERT,
    "executorch": EXECUTORCH,
    "coreml": COREML,
    "transformers-js": TRANSFORMERS_JS,
}
