"""A model as a page that runs it in the visitor's browser: what goes into it, and the page itself in `page/`."""
