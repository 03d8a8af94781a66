"""Template tags, loaded in every template as builtins."""
