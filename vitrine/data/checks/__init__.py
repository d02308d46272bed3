"""What is wrong or odd with the pictures. In: a manifest; out: near-duplicates, leakage and other findings."""
