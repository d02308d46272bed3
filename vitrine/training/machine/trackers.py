"""Where curves go while a model trains, through Accelerate: TensorBoard, Trackio, MLflow."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from accelerate import Accelerator

from vitrine.errors import UserError
from vitrine.models.graph import Layer
from vitrine.records.folder import UNFINISHED

TrackerName = Literal["tensorboard", "trackio", "mlflow", "none"]


def check_tracker(name: TrackerName) -> None:
    """Makes sure that the tracker's library is there.

    Raises:
        UserError: it is not; the message says how to install it.
    """
    if name != "none" and find_spec(name) is None:
        raise UserError(
            f"engine.tracker: {name} is not installed; run `pip install {name}` (Vitrine's extra `trackers` holds it "
            "too), or set engine.tracker=tensorboard"
        )


def name_run(folder: Path) -> dict[str, dict[str, str]]:
    """What each tracker calls the run of a folder, which has its name to be found by."""
    name = folder.name.removesuffix(UNFINISHED)
    return {"trackio": {"name": name}, "mlflow": {"run_name": name}}


def log_network(accelerator: Accelerator, layers: Sequence[Layer]) -> None:
    """Gives TensorBoard the network for its page "Graphs"; parts of the network are boxes that open.

    Args:
        accelerator: whose TensorBoard tracker is started.
        layers: of the network, in their order.
    """
    from tensorboard.compat.proto.attr_value_pb2 import AttrValue
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.graph_pb2 import GraphDef
    from tensorboard.compat.proto.node_def_pb2 import NodeDef
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto

    def node(name: str, kind: str, inputs: list[str], shape: tuple[int, ...]) -> NodeDef:
        sides = TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in (-1, *shape)])  # -1: any batch
        shapes = AttrValue(list=AttrValue.ListValue(shape=[sides]))
        return NodeDef(name=name, op=kind, input=inputs, attr={"_output_shapes": shapes})

    names = [layer.name.replace(".", "/") for layer in layers]
    nodes = [node("picture", "Placeholder", [], (3, -1, -1))]
    for name, layer in zip(names, layers, strict=True):
        nodes.append(node(name, layer.kind, [names[number] for number in layer.inputs] or ["picture"], layer.shape))
    writer: Any = accelerator.get_tracker("tensorboard", unwrap=True)
    writer.file_writer.add_event(Event(graph_def=GraphDef(node=nodes).SerializeToString()))


def flatten(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str | int | float | bool]:
    """One level of names with dots and plain values, the only kind that all trackers take."""
    flat: dict[str, str | int | float | bool] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value if isinstance(value, str | int | float | bool) else str(value)
    return flat
