"""Mutual TLS between services: each task proves which service it is, with a certificate that lives for some days."""
