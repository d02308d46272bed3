"""From pictures to probabilities with a trained model."""
