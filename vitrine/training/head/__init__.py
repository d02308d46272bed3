"""Training a head alone, on features that are computed once."""
