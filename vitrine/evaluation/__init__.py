"""How good a model is, and how sure one can be of that. In: predictions; out: records with intervals."""
