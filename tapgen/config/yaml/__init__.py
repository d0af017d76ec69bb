"""Reading YAML: a file as a tree of values with their places."""
