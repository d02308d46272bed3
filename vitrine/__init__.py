"""Vitrine: from a folder of pictures to an image classifier that people can try in a browser."""

from vitrine.python_version import check_python

check_python()  # first, before anything that an old Python cannot read

__version__ = "0.1.0"
