"""What was measured of the runtimes that can compute a model on this machine; kept in the cache of the user."""

from typing import Literal

from pydantic import Field

from vitrine.records.schema import FileRecord

Runtime = Literal["torch", "onnxruntime", "openvino"]


class RuntimeChoice(FileRecord):
    """Which runtime answers fastest.

    Attributes:
        machine: processor, devices and versions; on another one it is measured anew.
        chosen: the fastest of those that give torch's answers.
        seconds: for one picture, the quickest of several, of each that gives them.
        left_out: why the others are not used.
    """

    title = "the choice of a runtime"
    remedy = "delete it; it is measured anew"

    machine: str
    chosen: Runtime
    seconds: dict[Runtime, float]
    left_out: dict[Runtime, str] = Field(default_factory=dict)
