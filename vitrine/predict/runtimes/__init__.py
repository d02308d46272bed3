"""What computes a model. In: normalised pixels; out: logits and similarity to the training pictures."""
