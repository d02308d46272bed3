"""The learning curve, as a part of a page and as a page of its own."""
