"""The page of many answers. In: a sample of them; out: one file."""
