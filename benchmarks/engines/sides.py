"""One engine does all units, and prints as JSON what it took. Each call is a process of its own.

python -m benchmarks.engines.sides ENGINE --pictures PICTURES --out OUT --workers 2
"""

import argparse
import json
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.engines.units import Trouble, count_attempts, cut, do
from vitrine.data.manifest.scan_shards import Shard
from vitrine.errors import first_line

RESULT = "result:"
Run = Callable[[Sequence[Shard], int, Trouble], Callable[[], None]]


def run_loop(shards: Sequence[Shard], _workers: int, trouble: Trouble) -> Callable[[], None]:
    def go() -> None:
        for number, shard in enumerate(shards):
            do(number, shard, trouble)

    return go


def run_local(shards: Sequence[Shard], workers: int, trouble: Trouble) -> Callable[[], None]:
    from benchmarks.engines.noting import Noting
    from vitrine.work.local import LocalPool

    works = [Noting(shard, number, trouble) for number, shard in enumerate(shards)]
    return lambda: all(LocalPool(workers).run(works))


def run_ray_tasks(shards: Sequence[Shard], workers: int, trouble: Trouble) -> Callable[[], None]:
    import ray

    ray.init(num_cpus=workers, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    remote = ray.remote(do)

    def go() -> None:
        left = [remote.remote(number, shard, trouble) for number, shard in enumerate(shards)]
        while left:
            done, left = ray.wait(left)
            ray.get(done)

    return go


def run_ray_data(shards: Sequence[Shard], workers: int, trouble: Trouble) -> Callable[[], None]:
    import ray

    ray.init(num_cpus=workers, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False

    def go() -> None:
        rows = ray.data.range(len(shards), override_num_blocks=len(shards))
        done = rows.map(lambda row: {"id": do(int(row["id"]), shards[int(row["id"])], trouble)})
        assert len(done.take_all()) == len(shards)

    return go


def run_dask(shards: Sequence[Shard], workers: int, trouble: Trouble) -> Callable[[], None]:
    from distributed import Client, LocalCluster, as_completed

    cluster = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=logging.ERROR)
    client = Client(cluster)

    def go() -> None:
        futures = [client.submit(do, number, shard, trouble, pure=False) for number, shard in enumerate(shards)]
        for future in as_completed(futures):
            future.result()
        client.close()
        cluster.close()

    return go


def run_daft(shards: Sequence[Shard], workers: int, trouble: Trouble) -> Callable[[], None]:
    import daft

    daft.set_runner_native(num_threads=workers)
    scan = daft.func(
        lambda number: do(number, shards[number], trouble), return_dtype=daft.DataType.int64(), use_process=True
    )

    def go() -> None:
        rows = daft.from_pydict({"number": list(range(len(shards)))}).into_batches(1)
        assert len(rows.select(scan(daft.col("number"))).to_pydict()["number"]) == len(shards)

    return go


ENGINES: dict[str, Run] = {
    "loop": run_loop, "local": run_local, "dask": run_dask, "ray": run_ray_tasks, "ray data": run_ray_data,
    "daft": run_daft,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--size", type=int, default=100, help="pictures of a shard (default %(default)s)")
    parser.add_argument("--kill", choices=("never", "once", "always"), default="never")
    options = parser.parse_args()
    shards = cut(options.pictures, options.out, options.size)
    trouble = Trouble(None if options.kill == "never" else len(shards) // 2, options.kill == "always")
    begun = time.perf_counter()
    go = partial(ENGINES[options.engine], shards, options.workers, trouble)()
    started = time.perf_counter()
    error = ""
    try:
        go()
    except Exception as failure:
        error = f"{type(failure).__name__}: {first_line(failure)[:200]}"
    attempts = count_attempts(options.out)
    told = {
        "start_seconds": started - begun, "seconds": time.perf_counter() - started, "error": error,
        "done": sum(shard.is_done() for shard in shards), "units": len(shards),
        "attempts_at_killer": attempts.get(len(shards) // 2, 0),
        "attempts_at_others": sum(attempts.values()) - attempts.get(len(shards) // 2, 0),
    }  # fmt: skip
    print(RESULT, json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
