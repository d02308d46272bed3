"""A model as a folder for an engine of phones or servers: what it computes, what it needs to know, pictures to try."""
