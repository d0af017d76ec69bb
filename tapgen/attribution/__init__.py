"""Which line of the configuration a change of the templates comes from: rendered with one line changed at a time."""
