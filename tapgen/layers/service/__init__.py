"""A service: one template for each, put together in `layer`, part by part."""
