"""One module for each template: what it needs, what it makes, what it offers."""
