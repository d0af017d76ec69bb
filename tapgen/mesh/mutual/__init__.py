"""Mutual TLS between services: an Envoy beside each task, and the agent that gets its certificates."""
