"""A client that speaks HTTP/2 without TLS, as gRPC does."""

from __future__ import annotations

import socket

import h2.config
import h2.connection
import h2.events

LIMIT = 20
"""Seconds after which something hangs."""

Headers = dict[str, str]


def call(address: tuple[str, int], body: bytes) -> tuple[Headers, bytes, Headers]:
    """Headers, body and trailers of one answer."""
    with socket.create_connection(address, timeout=LIMIT) as connection:
        return exchange(connection, body)


def exchange(connection: socket.socket, body: bytes) -> tuple[Headers, bytes, Headers]:
    """The same on a connection that is there."""
    client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    path = "/grpc.health.v1.Health/Check"
    asked = [(":method", "POST"), (":scheme", "http"), (":authority", "cart"), (":path", path), ("te", "trailers")]
    head: Headers = {}
    trailers: Headers = {}
    data = b""
    client.initiate_connection()
    client.ping(b"12345678")
    client.send_headers(1, asked, end_stream=not body)
    if body:
        client.send_data(1, body, end_stream=True)
    connection.sendall(client.data_to_send())
    while True:
        for event in client.receive_data(connection.recv(65536)):
            match event:
                case h2.events.ResponseReceived():
                    head = {str(name): str(value) for name, value in event.headers}
                case h2.events.DataReceived():
                    data += event.data
                case h2.events.TrailersReceived():
                    trailers = {str(name): str(value) for name, value in event.headers}
                case h2.events.StreamEnded():
                    return head, data, trailers
        connection.sendall(client.data_to_send())
