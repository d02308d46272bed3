"""Train a classifier. Run `python train.py --help`, or `python train.py configs/digits.yaml` after data_prep.py."""

import sys

from vitrine.__main__ import main

if __name__ == "__main__":
    sys.exit(main("train"))
