"""The databases of the services."""
