"""The user's words: what `tapgen.yaml` may say, how it is read, and what must hold between its parts."""
