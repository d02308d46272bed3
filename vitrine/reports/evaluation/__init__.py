"""The page of one model measured on one data set."""
