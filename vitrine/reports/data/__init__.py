"""The report of a prepared data set."""
