"""The page of a retraining. In: what was learned and what the gate found; out: gate.html."""
