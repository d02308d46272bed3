"""Pages and figures. In: records; out: one self-contained HTML file each."""
