"""The machine under a training: devices, memory, processes, compiling, seeds, interrupts, trackers."""
