"""Pretrained and fresh networks. In: a name or folder; out: a network with a head for the labels of the data."""
