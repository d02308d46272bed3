"""Many pictures at once: from files and archives to a table of answers, and to folders named after them."""
