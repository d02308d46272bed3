"""Making a prepared data set. In: a source and its settings; out: a folder, whole or not there."""
