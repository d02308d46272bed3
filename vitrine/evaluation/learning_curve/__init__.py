"""Would more pictures help, and of which class? In: features and labels; out: a curve and its outlook."""
