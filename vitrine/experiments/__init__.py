"""Experiments of several trainings: searches and comparisons."""
