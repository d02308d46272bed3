"""Many trainings as one question: comparisons of variants over seeds and folds."""
