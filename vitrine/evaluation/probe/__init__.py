"""A linear probe: what features of a frozen network say of a data set before anything is trained."""
