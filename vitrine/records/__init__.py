"""What is written to disk beside weights and pictures, and how it is written whole or not at all."""
