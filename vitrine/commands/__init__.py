"""One file per command: arguments in, one call, what to print, exit code."""

# One line each; a command's module is loaded only when it is called.
GROUPS = {
    "Begin": {
        "demo": "prepare, train and try a model on built-in pictures",
        "recipes": "list the recipes that come with Vitrine, copy one to change it",
    },
    "Pictures": {
        "prepare": "check, split and resize a folder of pictures (data_prep.py)",
        "steps": "show on a page what the preparation does to pictures",
        "augment": "show on a page what the augmentation does to pictures",
        "study": "tell before any training how well the classes can be told apart",
        "learning-curve": "tell whether more pictures would help, and of which class",
        "corrections": "write a run's likely wrong labels into a table to correct them",
        "verify": "tell whether data sets and models are as they were written",
        "push-data": "put a prepared data set on the Hugging Face Hub",
    },
    "Training": {
        "train": "train and measure a classifier (train.py)",
        "backbones": "list the networks that training can start from",
        "summary": "print a network's layers, shapes and parameters",
        "find-rate": "suggest a learning rate for a recipe, with a plot",
        "compare": "train variants of a recipe with several seeds, and test their differences",
        "search": "search the best parameters of a recipe (Optuna)",
        "runs": "list every run with its accuracy, loss and duration",
        "retrain": "train a model again with corrections, and keep it only where it is not worse",
        "rollback": "put a former revision of a model in use again",
    },
    "Models": {
        "teach": "name classes, give pictures, train and try a classifier in the browser",
        "app": "let people try a model in the browser (app.py)",
        "predict": "classify pictures or folders and write a table",
        "explain": "show which parts of pictures a model's answers rest on",
        "evaluate": "measure any model on any labelled pictures, with a page",
        "export": "write a model as one ONNX file",
        "push-model": "put the model of a run on the Hugging Face Hub, with its card",
        "build-space": "make a page of a model, in the visitor's browser or as a Gradio Space",
        "push-space": "put the page of a model on the Hugging Face Hub as a Space",
    },
    "This program": {
        "completion": "print what makes a shell complete commands and options",
    },
}
INTERRUPTED = 130  # exit code: 128 + SIGINT, as shells expect
COMMANDS = {name: purpose for group in GROUPS.values() for name, purpose in group.items()}
