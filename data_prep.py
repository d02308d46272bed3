"""Prepare pictures for training. Run `python data_prep.py --help`, or `python data_prep.py configs/digits.yaml`."""

import sys

from vitrine.__main__ import main

if __name__ == "__main__":
    sys.exit(main("prepare"))
