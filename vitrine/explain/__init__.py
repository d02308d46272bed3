"""Why a model answers as it does: a loaded model and pictures in, maps of what an answer rests on out, with a score."""
