"""From a prepared data set to batches, in an order that depends on (seed, epoch) alone."""
