"""The page of a study: what to expect before any training."""
