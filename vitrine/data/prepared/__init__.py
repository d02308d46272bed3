"""Reading a prepared data set. In: its folder; out: splits of preprocessed images with labels and groups."""
