"""Backbones, the small CNN, and the model folder."""
