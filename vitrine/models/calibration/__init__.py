"""What makes a model trustworthy and travels with it: temperature, out-of-distribution score, abstention."""
