"""What is written to disk beside weights and pictures, by one schema. In: values; out: files, whole or not there."""
