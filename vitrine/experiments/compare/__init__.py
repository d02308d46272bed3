"""A comparison. In: variants of a recipe; out: their runs, paired tests and figures."""
