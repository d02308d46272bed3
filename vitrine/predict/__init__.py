"""From pictures to predictions with a trained model; the one way that app, commands and evaluation share."""
