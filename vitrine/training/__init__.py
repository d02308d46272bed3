"""From a recipe and a prepared data set to a trained model."""
