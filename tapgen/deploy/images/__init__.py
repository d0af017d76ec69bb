"""Images: built, brought into the registry, promoted from one environment to another, and kept while they run."""
