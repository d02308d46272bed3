"""The training loop. In: network, data, optimiser, options; out: the best weights and a history."""
