"""Registries of images: what they are asked and given over HTTP, whoever runs them."""
