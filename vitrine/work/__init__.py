"""Units of work, and the engines that do them whoever dies. In: units; out: their parts, whole or not there."""
