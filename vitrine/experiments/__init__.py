"""Many runs for one answer: comparisons and searches."""
