"""What goes to the Hugging Face Hub, and the cards that describe it there and on disk."""
