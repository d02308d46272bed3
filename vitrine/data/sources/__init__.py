"""Sources. In: a folder, archive, table or Hub data set; out: one `FoundFile` for every file or row."""
