"""A synthetic county with more than a year of lived history, made through the same actions as the pages use."""
