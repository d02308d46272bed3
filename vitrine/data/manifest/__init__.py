"""The list of all files. In: found files; out: one row each with hashes, status, split and group."""
