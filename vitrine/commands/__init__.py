"""One file per command: arguments in, one call, what to print, exit code."""
