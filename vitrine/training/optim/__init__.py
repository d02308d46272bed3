"""What moves the weights: losses, optimisers, schedules, averages, and the search for a learning rate."""
