"""Reading an ONNX file that `ship/export.py` wrote; onnxruntime computes it."""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from vitrine.errors import UserError, first_line
from vitrine.invocation import command_line
from vitrine.predict.golden import check_golden
from vitrine.predict.preprocessing import ArrayPreprocessing, Pixels, Preprocessing, Settings
from vitrine.predict.runtimes.network import Loaded, Network, Outputs
from vitrine.records.model import Golden, ModelMetadata
from vitrine.records.onnx_checksum import is_as_written

FeatureMaps = npt.NDArray[np.float32]
ClassWeights = npt.NDArray[np.float32]

NOTES = "vitrine"  # name of the note in the file
PIXELS = "pixel_values"
PICTURE = "picture"  # what a file takes instead that resizes itself: 8-bit RGB, `[height, width, 3]`
OUTPUTS = ("logits", "features", "familiarity")
MAP_OUTPUTS = ("feature_map", "class_weights")  # of networks with a linear layer on the map's average
NEWEST_FORMAT = 3  # of the notes; 2: golden pictures say probabilities alone; files before these say none


@dataclass(frozen=True)
class OnnxNetwork:
    """A network that onnxruntime computes, by so many threads; None: one for each core."""

    session: onnxruntime.InferenceSession
    threads: int | None = None
    name: str = "onnxruntime"

    @property
    def on_processor(self) -> bool:
        """Whether the cores of this machine compute it."""
        return "CUDAExecutionProvider" not in self.session.get_providers()

    def run(self, pixel_values: Pixels) -> Outputs:
        """Computes the outputs of pixels `[pictures, 3, height, width]`."""
        return self.ask({PIXELS: np.ascontiguousarray(pixel_values, np.float32)})

    def ask(self, given: Mapping[str, np.ndarray]) -> Outputs:
        """Computes the outputs of what the file takes, by name."""
        wanted = [name for name in self._outputs if name in ("logits", "familiarity")]
        found = dict(zip(wanted, self.session.run(wanted, dict(given)), strict=True))
        return Outputs(found["logits"], found.get("familiarity"))

    @property
    def has_fewer_bits(self) -> bool:
        """Whether it computes in fewer bits than float32."""
        notes = json.loads(self.session.get_modelmeta().custom_metadata_map.get(NOTES, "{}"))
        return bool({"int8", "float16"} & notes.keys())

    @property
    def has_class_maps(self) -> bool:
        """Whether `class_maps` can tell what a class's score is made of."""
        return set(MAP_OUTPUTS) <= set(self._outputs)

    def class_maps(self, pixel_values: Pixels) -> tuple[FeatureMaps, ClassWeights]:
        """The last feature maps `[pictures, channels, height, width]`, and weights `[labels, channels]`.

        The average of their product is a class's score, but for its bias and the temperature.
        """
        given = {PIXELS: np.ascontiguousarray(pixel_values, np.float32)}
        maps, weights = self.session.run(list(MAP_OUTPUTS), given)
        return maps, weights

    @property
    def _outputs(self) -> list[str]:
        return [output.name for output in self.session.get_outputs()]

    def count_threads(self) -> int:
        """How many threads compute one batch together."""
        return self.threads or cpu_count() or 1

    def use_threads(self, count: int) -> None:
        """Nothing: the threads of a session are chosen when it is opened."""


def load_onnx(
    file: Path, threads: int | None = None, open_network: Callable[[Path, int | None], Network] | None = None
) -> Loaded:
    """Opens a file.

    Args:
        file: of a model.
        threads: that compute a batch together; None: one for each core.
        open_network: another runtime than onnxruntime, given the file and the threads.

    Raises:
        UserError: it is not there, is not an ONNX file, was not written by `python -m vitrine export`, or is computed
            wrongly on this machine.
    """
    if not file.is_file():
        raise UserError(f"{file}: there is no such ONNX file")
    if not is_as_written(file):
        raise UserError(
            f"{file}: damaged, or changed by another program: it does not hold what was written; get it again, or "
            f"write it again with `{command_line('export')}`"
        )
    try:
        session = open_session(str(file), threads)
    except Exception as error:  # onnxruntime's errors have no common class that it makes public
        reason = first_line(error)
        raise UserError(f"{file} cannot be read as an ONNX file ({reason})") from error
    notes = session.get_modelmeta().custom_metadata_map.get(NOTES)
    if notes is None:
        raise UserError(
            f"{file}: it says nothing about its labels and preparation; only files that `{command_line('export')}` "
            "wrote can be used here"
        )
    if session.get_inputs()[0].name == PICTURE:
        raise UserError(
            f"{file}: it resizes pictures itself, for other programs; Vitrine takes the model folder, or the file that "
            f"`{command_line('export')}` writes without --resize-inside"
        )
    content = json.loads(notes)
    if content.get("format", 1) > NEWEST_FORMAT:
        raise UserError(f"{file}: a later version of Vitrine wrote it (format {content['format']}); update Vitrine")
    metadata = content["metadata"] and ModelMetadata.parse(json.dumps(content["metadata"]), f"{file}, its notes")
    network = open_network(file, threads) if open_network else OnnxNetwork(session, threads)
    preprocess = ArrayPreprocessing.read(content["processor"]) or _build(content["processor"])
    if "golden" in content:
        golden = Golden.model_validate(content["golden"])
        _check_proven(file, network.name, content.get("int8"), golden)
        check_golden(str(file), network, preprocess, session.get_inputs()[0].shape[-1], golden)
    return Loaded(file.parent, tuple(content["label_names"]), metadata, network, preprocess)


def _check_proven(file: Path, runtime: str, int8: Mapping[str, Any] | None, golden: Golden) -> None:
    """In 8 bits each runtime rounds in its own places, so that only what was proven with the file may compute it."""
    if int8 is None or runtime in ("onnxruntime", *golden.answers_by, *golden.proven_by):
        return
    if reason := int8.get("refused", {}).get(runtime):
        raise UserError(f"{file}: {runtime} was refused when it was written ({reason}); leave --runtime out")
    raise UserError(
        f"{file}: whether {runtime} computes it rightly was not proven when it was written; leave --runtime out, or "
        f"write it again where {runtime} is installed"
    )


def open_session(content: str | bytes, threads: int | None = None) -> onnxruntime.InferenceSession:
    """A session of onnxruntime as Vitrine wants it.

    Args:
        content: path of a file, or what it holds.
        threads: that compute a batch together; None: one for each core.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or 0  # 0: one for each core
    # Threads that wait spin on the cores on which the next pictures are decoded. To spin between the layers alone
    # (force_spinning_stop) saves 6 % of an answer on an idle machine, and costs up to 75 % beside other programs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(content, options, providers=_choose_providers())


def _choose_providers() -> list[tuple[str, dict[str, str]]]:
    """A GPU where onnxruntime was installed for one, else the processor; in whole float32, not TF32 as usual."""
    there = onnxruntime.get_available_providers()
    providers = {"CUDAExecutionProvider": {"use_tf32": "0"}, "CPUExecutionProvider": {}}
    return [(name, options) for name, options in providers.items() if name in there]


def _build(settings: Settings) -> Preprocessing:
    """Another's processor, as transformers has it; its class is found by its name in the settings."""
    import torch
    from transformers import AutoImageProcessor, TimmWrapperImageProcessor

    from vitrine.predict.runtimes.pytorch import OneThreadPreprocessing, TorchPreprocessing

    threads = torch.get_num_threads()
    if settings.get("image_processor_type") == TimmWrapperImageProcessor.__name__:  # reads a config.json alone
        timm = TimmWrapperImageProcessor(settings["data_config"], settings["architecture"])
        return OneThreadPreprocessing(TorchPreprocessing(timm), threads)
    with tempfile.TemporaryDirectory(prefix="vitrine-") as folder:
        (Path(folder) / "preprocessor_config.json").write_text(json.dumps(settings), "utf-8")
        processor = AutoImageProcessor.from_pretrained(folder, trust_remote_code=False)
    processor.do_convert_rgb = True  # of every class, but not declared
    return OneThreadPreprocessing(TorchPreprocessing(processor), threads)
