"""Lets people try an image classifier in a browser.

    python app.py                                  the newest model under runs/
    python app.py --model runs/digits/latest/model
    MODEL_ID=someone/some-model python app.py      a model of the Hugging Face Hub, as a Space does it

`python app.py --help` lists every option.
"""

import sys

from vitrine.__main__ import main

if __name__ == "__main__":
    sys.exit(main("app"))
