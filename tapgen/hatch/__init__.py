"""The escape hatch: what `tapgen.yaml` does to generated templates by logical id and path, where no word of it does."""
