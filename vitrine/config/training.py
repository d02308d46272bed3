"""Sections of a recipe about the training: loss, optimiser, when to stop, machine, measurements."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from vitrine.config.section import Section, Share, Switch, name_switch, read_nothing

Monitor = Literal["calibrated_loss", "validation_loss", "validation_accuracy", "last_epoch"]


class ImbalanceSection(Section):
    """What is done about classes of unequal size, in training only."""

    method: Annotated[
        Literal["none", "class_weights", "balanced_sampler", "focal", "logit_adjustment"],
        BeforeValidator(read_nothing),
    ] = Field(
        "none",
        description="'class_weights': losses weighted by inverse frequency; 'balanced_sampler': each class equally "
        "often in an epoch; 'focal': loss that lets easy pictures count less; 'logit_adjustment': loss with each "
        "class's share of the training pictures",
    )
    focal_gamma: float = Field(2.0, ge=0, le=10, description="of the focal loss; 0 is cross-entropy")
    tau: float = Field(1.0, ge=0, le=5, description="strength of the logit adjustment; 0 is cross-entropy")


class OptimSection(Section):
    """The optimiser, its schedule, and what keeps it from learning by heart."""

    name: Literal["adamw", "adam", "sgd", "rmsprop"] = Field(
        "adamw",
        description="optimiser; 'adamw' takes the weight decay from the weights, the others add it to the gradient, "
        "as an L2 penalty",
    )
    learning_rate: float = Field(
        1e-3,
        gt=0,
        le=10,
        description="highest learning rate of the schedule; where neither recipe nor command line gives it, it is 1e-4 "
        "for a pretrained network",
    )
    weight_decay: float = Field(
        0.05,
        ge=0,
        le=1,
        description="decay of weight matrices; biases and norms have none. As an L2 penalty (see optim.name) 1e-4 is "
        "usual, which is a penalty of 0.5e-4 times the sum of squares",
    )
    layer_weight_decay: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        {},
        description="weight decay of chosen layers in place of weight_decay, {layer: decay}, by the names that "
        "`python -m vitrine summary` prints: a part's name stands for all layers in it, * for anything; the last one "
        "that fits holds. With weight_decay=0 all others have none",
    )
    momentum: Share = Field(0.9, description="momentum of sgd and rmsprop")
    epochs: int = Field(
        10,
        ge=1,
        le=10_000,
        description="most passes over the training pictures; where neither recipe nor command line gives it, it is 3 "
        "for a pretrained network and 100 for its head alone",
    )
    batch_size: Annotated[int, Field(ge=1, le=4096)] | Literal["auto"] = Field(
        32,
        description="pictures per step on each device; 'auto': the largest of 256, 128, 64 ... (beside a CPU: 64 ...) "
        "that fits into the memory; 32 for a head on features that are computed once",
    )
    accumulate: int = Field(
        1,
        ge=1,
        le=1024,
        description="batches whose gradients are added up for one step, as if they were one batch of all their "
        "pictures; batch_size x accumulate x devices are the pictures of a step",
    )
    schedule: Literal["cosine", "one_cycle", "step", "plateau", "constant"] = Field(
        "cosine",
        description="course of the learning rate after its warm-up: 'cosine' to zero; 'one_cycle' from 1/25 up, then "
        "almost to zero (take warmup_fraction 0.3); 'step' falls every step_epochs; 'plateau' falls when the "
        "validation loss does not; 'constant'",
    )
    warmup_fraction: Share = Field(0.1, description="share of the steps in which the learning rate rises")
    step_epochs: int = Field(3, ge=1, le=10_000, description="epochs between two falls of the schedule 'step'")
    step_factor: float = Field(0.1, gt=0, lt=1, description="what each fall of 'step' multiplies the rate by")
    plateau_patience: int = Field(
        2,
        ge=1,
        description="epochs without a lower validation loss before 'plateau' lowers the rate; less than "
        "early_stopping.patience, or the training stops first",
    )
    plateau_factor: float = Field(0.1, gt=0, lt=1, description="what each fall of 'plateau' multiplies the rate by")
    layer_decay: float = Field(
        1.0,
        gt=0,
        le=1,
        description="learning rate of each stage as a share of that of the stage behind it, from the head to the "
        "input; 1 gives all the same",
    )
    ema_decay: Share = Field(
        0.0,
        description="moving average of the weights, which is what is evaluated and kept: share of the old average "
        "after each step; 0 switches it off, 0.999 averages about 1,000 steps",
    )
    label_smoothing: Share = Field(0.0, description="share of each label spread over all classes")
    max_gradient_norm: float = Field(
        1.0, gt=0, description="gradients are scaled down to this norm at most (protects from exploding)"
    )

    @property
    def known_batch_size(self) -> int:
        """Pictures per step where nothing is measured: 'auto' stands for 32 there."""
        return 32 if self.batch_size == "auto" else self.batch_size


class EarlyStoppingSection(Section):
    """When to stop; the weights of the best epoch are kept in any case."""

    monitor: Monitor = Field(
        "calibrated_loss",
        description="what decides which epoch is the best, and when to stop; 'calibrated_loss' is the validation loss "
        "after a temperature has taken back what the network is too sure of; 'last_epoch' trains all of them and keeps "
        "the last, which takes the place of 'calibrated_loss' where a head alone is trained and fewer than 50 "
        "validation pictures could decide",
    )
    patience: int | None = Field(
        None,
        ge=1,
        description="epochs without a better one before the training stops; none: 5 for the schedules 'plateau' and "
        "'constant', while the others run to their end, where small steps give the best epochs; where neither recipe "
        "nor command line gives it, it is 10 for the head of a pretrained network alone",
    )
    min_delta: float = Field(0.0, ge=0, description="smallest gain that counts")
    top: int = Field(
        0,
        ge=0,
        le=100,
        description="how many of the best epochs are kept as model folders: checkpoints/epoch_007 in the run",
    )


class EngineSection(Section):
    """How the machine is used."""

    seed: int = Field(0, ge=0, description="seed of weights, order and augmentation")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = Field(
        "auto",
        description="'auto': bf16 where the processor or GPU has instructions for it, else fp16 on a GPU and fp32 "
        "on a CPU",
    )
    workers: int | None = Field(
        None,
        ge=0,
        le=64,
        description="loader processes; none means 0 on a CPU and the cores up to 8 beside a GPU",
    )
    reading: Literal["mixed", "shards", "streamed"] = Field(
        "mixed",
        description="order of the training pictures: 'mixed' jumps through the whole set; 'shards': each process reads "
        "files of its own, a few at a time, for sets larger than the memory or on a disk far away; 'streamed': as "
        "'shards', and of a data.prepared in a store the training files are fetched when they are read and removed "
        "after, for sets larger than the disk",
    )
    tracker: Annotated[Literal["tensorboard", "trackio", "mlflow", "none"], BeforeValidator(read_nothing)] = Field(
        "tensorboard", description="where curves are logged during training"
    )
    checkpoint_minutes: float = Field(
        5,
        ge=0,
        description="longest time between two checkpoints, from which --resume goes on; there is one after each epoch "
        "in any case, and with 0 after each step",
    )
    budget_minutes: float | None = Field(
        None,
        gt=0,
        description="time for the whole run, evaluation and report included; the training is shortened to fit into it, "
        "and learning rate, frozen epochs and picture sizes with it; a head on features that are computed once takes "
        "what it takes; null: no limit",
    )
    memory_gb: float | None = Field(
        None,
        gt=0,
        description="most memory that the training may take, in gigabytes of 2**30 bytes: of each GPU, or of the "
        "process on a CPU (Linux); null: no limit",
    )
    compile: Annotated[Literal["auto", "on", "off"], BeforeValidator(name_switch)] = Field(
        "off",
        description="torch.compile: 'auto' times some steps with and without it, where the training is long enough, "
        "and keeps what is faster for the whole run",
    )
    sync_batch_norm: Switch = Field(
        True,
        description="with several devices: batch norm sees the pictures of all of them, as one device would; "
        "off: each sees its own",
    )


class ReportSection(Section):
    """What is measured and shown at the end."""

    precision: float = Field(
        0.95,
        ge=0.5,
        le=0.999,
        description="share of the given answers that shall be right; below it the model says that it is unsure",
    )
    top_k: int = Field(3, ge=1, le=100, description="a top-k answer is right when the label is among the k likeliest")
    study: Switch = Field(
        True,
        description="after the training, look at the training pictures with the pretrained network as it was: likely "
        "wrong labels, and whether more pictures would help; takes about one pass over them, and is left out where "
        "engine.budget_minutes is set",
    )
    language: Literal["en", "fr"] = Field("en", description="of every page: English or French")
