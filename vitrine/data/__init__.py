"""Pictures, from a source to a prepared data set, and from there to batches."""
