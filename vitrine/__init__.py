"""Vitrine: from a folder of pictures to an image classifier that people can try in a browser."""

__version__ = "0.1.0"
