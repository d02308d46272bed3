"""All commands by one name: `python -m vitrine <command>`."""

import sys
from importlib import import_module

# One line each; a command's module is loaded only when it is called.
COMMANDS = {
    "prepare": "check, split and resize a folder of pictures (data_prep.py)",
    "study": "tell before any training how well the classes can be told apart",
    "backbones": "list the networks that training can start from",
    "find-rate": "suggest a learning rate for a recipe, with a plot",
    "train": "train and measure a classifier (train.py)",
    "learning-curve": "tell whether more pictures would help, and of which class",
    "compare": "train variants of a recipe with several seeds, and test their differences",
    "search": "search the best parameters of a recipe (Optuna)",
    "corrections": "write a run's likely wrong labels into a table to correct them",
    "export": "write a model as one ONNX file",
    "runs": "list every run with its accuracy, loss and duration",
    "app": "let people try a model in the browser (app.py)",
    "predict": "classify pictures or folders and write a table",
    "evaluate": "measure any model on any labelled pictures, with a page",
    "summary": "print a network's layers, shapes and parameters",
    "steps": "show on a page what the preparation does to pictures",
    "augment": "show on a page what the augmentation does to pictures",
    "push-data": "put a prepared data set on the Hugging Face Hub",
}


def main() -> int:
    """Runs the command that the first argument names; returns its exit code."""
    command, *arguments = sys.argv[1:] or ["--help"]
    if command in ("-h", "--help"):
        print("usage: python -m vitrine <command> [--help]\n")  # noqa: T201
        print("\n".join(f"  {name:<15} {purpose}" for name, purpose in COMMANDS.items()))  # noqa: T201
        return 0
    if command not in COMMANDS:
        print(f"error: there is no command '{command}'; there are {', '.join(COMMANDS)}", file=sys.stderr)  # noqa: T201
        return 2
    exit_code: int = import_module(f"vitrine.commands.{command.replace('-', '_')}").main(arguments)
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
