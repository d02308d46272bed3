"""From a recipe and a prepared data set to a trained, measured model in a run folder."""
