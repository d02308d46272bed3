"""Settings that may differ between two trainings that are taken for the same; checkpoints, comparisons, searches."""

DATASET_VERSION = "version of the data set"  # what a training calls it among all that it is made of
# They do not change the numbers of a training, or only where it ends: a checkpoint may be taken up with other ones.
# How text was read is seen in the names of the classes, and how pictures were grouped in the split.
FREE_FOR_CHECKPOINTS = frozenset(
    {
        *(
            "name",
            "data.source",
            "data.prepared",
            "data.encoding",
            "data.group_by",
            "early_stopping.top",
            "engine.tracker",
        ),
        "engine.workers",
        *("engine.checkpoint_minutes", "engine.budget_minutes", "engine.memory_gb"),
        *("report.top_k", "report.precision", "report.study", "report.language"),
    }
)
# A finished run would have given other figures with other ones of these.
FREE_FOR_FINISHED_RUNS = FREE_FOR_CHECKPOINTS - {"engine.budget_minutes", "report.top_k"}
# Trials have epochs of their own, and are neither evaluated on test pictures nor reported.
FREE_FOR_TRIALS = FREE_FOR_CHECKPOINTS | {"optim.epochs"}
