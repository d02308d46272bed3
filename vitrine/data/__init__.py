"""From a folder of pictures to a prepared data set, and from there to batches."""
