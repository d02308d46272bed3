"""What the classes are. In: what a source calls them; out: the labels of the model, mapped, corrected or matched."""
