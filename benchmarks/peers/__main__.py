"""Vitrine beside what its users would pick instead: same pictures, split, weights, epochs and batch, in one run.

    make bench                         # drawn pictures, random weights, one epoch, without AutoGluon
    python -m benchmarks.peers --pictures PICTURES --weights WEIGHTS --epochs 3

WEIGHTS is a folder with ResNet-18 as transformers stores it (microsoft/resnet-18); PICTURES is any source of
data_prep.py. Each side runs alone, one after the other, with the ordinary call of its own guide. The first run installs
the peers into environments of their own below the folder of the benchmark; a peer that cannot be installed or run has a
row that says why.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.peers import vitrine_side  # noqa: E402 (after the path)
from benchmarks.peers.class_folders import draw_classes, write_class_folders  # noqa: E402
from benchmarks.peers.environments import PeerError, fetch_timm_train, install, last_words  # noqa: E402
from benchmarks.peers.listed import SERVING, SIDES, TRAINING, Peer  # noqa: E402
from benchmarks.peers.measuring import measure  # noqa: E402
from benchmarks.peers.rows import Row, make_row, read_line, to_json, write_table  # noqa: E402
from benchmarks.peers.serving import Load, ServingRow, measure_server, write_serving_table  # noqa: E402
from benchmarks.peers.weights import write_served, write_weights  # noqa: E402


def main() -> None:
    options = read_options()
    work = make_folder(options.folder.resolve())
    source = options.pictures.resolve() if options.pictures else work / "drawn"
    if options.pictures is None:
        draw_classes(source)
    write_weights(options.weights, work / "weights")
    say("preparing the pictures")
    prepared = measure(vitrine_side.prepare_command(source), work, {}, "prepare", options.limit * 60)
    if prepared.exit_code:
        raise SystemExit(last_words(prepared.errors))
    write_class_folders(work / "prepared" / vitrine_side.NAME, work / "data")
    rows = [train_vitrine(source, work, options)]
    rows += [train_peer(TRAINING[name], work, options) for name in options.peers]
    print(write_table(rows, options.accuracy), flush=True)
    served = serve_all(work, options) if options.servers else []
    if served:
        print("\n" + write_serving_table(served, options.clients), flush=True)
    if options.write:
        content = {"training": to_json(rows), "serving": to_json(served)}
        options.write.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=Path, help="source of data_prep.py; default: drawn pictures")
    parser.add_argument("--weights", type=Path, help="folder of ResNet-18; default: random weights, the same for all")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--accuracy", type=float, default=0.95, help="of validation, to count seconds to")
    for name, peers in {"--peers": TRAINING, "--servers": SERVING}.items():
        some = f"some of {', '.join(peers)}; default: all"
        parser.add_argument(name, nargs="*", choices=peers, default=list(peers), metavar="PEER", help=some)
    parser.add_argument("--clients", type=int, default=8, help="that ask a server at once")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load on a server")
    parser.add_argument("--limit", type=float, default=60.0, help="minutes that one side may take")
    parser.add_argument("--timm-train", type=Path, help="timm's train.py; default: fetched from its repository")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "peers", help="of all that is written")
    parser.add_argument("--environments", type=Path, help="of the peers; default: environments/ in the folder")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures as JSON, too")
    options = parser.parse_args()
    options.environments = (options.environments or options.folder / "environments").resolve()
    return options


def make_folder(folder: Path) -> Path:
    """An empty folder for this run; environments and fetched files beside it stay."""
    work = folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    return work


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def peer_variables(work: Path) -> dict[str, str]:
    """What a peer must know: where the weights lie, and that nothing is to be fetched."""
    return {"TORCH_HOME": str(work / "weights" / "torch"), "HF_HUB_OFFLINE": "1", "MPLBACKEND": "Agg", "PYTHONPATH": ""}


def train_vitrine(source: Path, work: Path, options: argparse.Namespace) -> Row:
    say("training: Vitrine")
    command = vitrine_side.train_command(
        source, work / "weights" / "transformers", options.epochs, options.batch_size, options.seed
    )
    measured = measure(command, work, {}, "vitrine", options.limit * 60)
    line = None if measured.exit_code != 0 else vitrine_side.read_run(vitrine_side.find_run(work))
    return make_row("**Vitrine** train.py", measured, line, options.accuracy)


def train_peer(peer: Peer, work: Path, options: argparse.Namespace) -> Row:
    say(f"training: {peer.name}")
    name = Path(peer.script).stem
    folder = work / name
    folder.mkdir()
    try:
        python = install(peer, options.environments)
        command = [str(python), str(SIDES / peer.script), "--data", str(work / "data"), "--folder", str(folder)]
        command += ["--weights", str(work / "weights"), "--epochs", str(options.epochs), "--seed", str(options.seed)]
        command += ["--batch-size", str(options.batch_size)]
        if peer is TRAINING["timm"]:
            command += ["--timm-train", str(options.timm_train or fetch_timm_train(work.parent))]
    except PeerError as error:
        return Row(peer.name, str(error))
    measured = measure(command, work, peer_variables(work), name, options.limit * 60)
    return make_row(peer.name, measured, read_line(measured), options.accuracy)


def serve_all(work: Path, options: argparse.Namespace) -> list[ServingRow]:
    """All servers with the model that Vitrine has trained."""
    run = vitrine_side.find_run(work)
    if not run.exists():
        return [ServingRow("**Vitrine** app.py", "there is no model: the training failed")]
    write_served(run / "model", work / "served")
    picture = next((work / "data" / "test").glob("*/*")).read_bytes()
    load = Load(picture, options.clients, options.seconds)
    rows = []
    for runtime in ("torch", "onnxruntime"):
        name = f"**Vitrine** app.py, {runtime}"
        say(f"serving: {name}")
        command = [sys.executable, str(ROOT / "app.py"), "--model", str(run / "model"), "--runtime", runtime]
        rows.append(measure_server(name, [*command, "--no-corrections", "--port"], work, {}, load))
    for key in options.servers:
        peer = SERVING[key]
        say(f"serving: {peer.name}")
        try:
            python = install(peer, options.environments)
        except PeerError as error:
            rows.append(ServingRow(peer.name, str(error)))
            continue
        command = [str(python), str(SIDES / peer.script), "--model", str(work / "served"), "--port"]
        rows.append(measure_server(peer.name, command, work, peer_variables(work), load))
    return rows


if __name__ == "__main__":
    main()
