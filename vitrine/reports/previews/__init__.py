"""Pages that show a choice before it is made: preprocessing steps, augmentation, learning rate."""
