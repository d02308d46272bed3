"""One picture. In: a file; out: the preprocessed image that the network sees, uint8 `[3, side, side]`."""
