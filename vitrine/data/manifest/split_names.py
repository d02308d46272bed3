"""How the splits are called, in files and everywhere: no library is needed to know it."""

TRAIN, VALIDATION, TEST = SPLITS = ("train", "validation", "test")
GATE = "gate"  # only where the recipe sets pictures aside for it
EVERY_SPLIT = (*SPLITS, GATE)
HELD_OUT = (VALIDATION, TEST, GATE)
