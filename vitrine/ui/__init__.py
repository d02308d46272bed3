"""What pages and app share: sentences in each language, formats, colours, the frame of a page."""
