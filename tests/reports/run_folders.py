"""Run folders of chosen age and figures."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.records.examples import make_environment, make_metrics
from vitrine.config.loading import dump_recipe, load_recipe
from vitrine.records.folder import ENVIRONMENT, HISTORY, METRICS, RECIPE

NOW = datetime.now(UTC).replace(microsecond=0)


def write_run(name, hours_ago, accuracy=0.9, loss=0.3, seconds=95, overrides=(), suffix="", version=None):
    """A run below `runs/` of the current folder; `suffix` marks an unfinished one."""
    started = NOW - timedelta(hours=hours_ago)
    folder = Path("runs") / name / (started.astimezone().strftime("%Y-%m-%d_%H-%M-%S") + suffix)
    folder.mkdir(parents=True)
    recipe = load_recipe(None, [f"name={name}", "model.backbone=microsoft/resnet-18", *overrides])
    (folder / RECIPE).write_text(dump_recipe(recipe), "utf-8")
    if suffix:
        return folder
    make_environment(started, seconds).model_copy(update={"dataset_version": version}).write(folder / ENVIRONMENT)
    (folder / HISTORY).write_text("epoch,validation_loss,validation_accuracy\n1,0.7,0.5\n2,0.4,0.75\n", "utf-8")
    make_metrics(accuracy, loss, seconds - 5).write(folder / METRICS)
    return folder
