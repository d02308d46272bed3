"""A search. In: a space of parameters; out: trials, the best recipe and its honest gain."""
