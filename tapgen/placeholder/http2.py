"""Stands in for a service that speaks HTTP/2 or gRPC until it has an image of its own; it answers HTTP/1.1 too."""

import asyncio
import json
import os
import signal

NAMES = {"service": os.environ["SERVICE_NAME"], "environment": os.environ["ENVIRONMENT"]}
GRPC = os.environ.get("PROTOCOL") == "grpc"
PORTS = [int(port) for name in ("PORT", "PORTS") for port in os.environ.get(name, "").split(",") if port]
TEXT = json.dumps(NAMES).encode()
SERVING = b"\0\0\0\0\2\x08\1"  # what the health service of gRPC answers, as a message
DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 4, 6, 8
END_STREAM = ACK = 1
END_HEADERS = 4
OK = b"\x88"  # `:status: 200`, the eighth of the headers that HPACK knows


def log(**fields: object) -> None:
    os.write(1, json.dumps(NAMES | fields).encode() + b"\n")


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def header(name: bytes, value: bytes) -> bytes:
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def answer(stream: int) -> bytes:
    kind, body = (b"application/grpc", SERVING) if GRPC else (b"application/json", TEXT)
    head = frame(HEADERS, END_HEADERS, stream, OK + header(b"content-type", kind))
    if not GRPC:
        return head + frame(DATA, END_STREAM, stream, body)
    trailer = frame(HEADERS, END_HEADERS | END_STREAM, stream, header(b"grpc-status", b"0"))
    return head + frame(DATA, 0, stream, body) + trailer


async def http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(6)  # the rest of the preface
    writer.write(frame(SETTINGS, 0, 0))
    while True:
        head = await reader.readexactly(9)
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
        if kind in (SETTINGS, PING) and not flags & ACK:
            writer.write(frame(kind, ACK, 0, payload if kind == PING else b""))
        if kind == DATA and payload:
            more = len(payload).to_bytes(4, "big")
            writer.write(frame(WINDOW_UPDATE, 0, 0, more) + frame(WINDOW_UPDATE, 0, stream, more))
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            writer.write(answer(stream))
            log(protocol="HTTP/2", stream=stream)
        await writer.drain()


def http1(request: bytes) -> bytes:
    log(protocol="HTTP/1.1", request=request.partition(b"\r\n")[0].decode("latin-1")[:500])
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(TEXT)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if request.startswith(b"HEAD ") else TEXT)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        request = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        if request.startswith(b"PRI "):
            await http2(reader, writer)
        writer.write(http1(request))
        await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, OSError):
        pass  # the other side has gone, or said nothing that makes sense
    finally:
        writer.close()


async def main() -> None:
    end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end.set)
    for port in PORTS:
        await asyncio.start_server(serve, "0.0.0.0", port)
    log(message="running", ports=PORTS)
    await end.wait()


asyncio.run(main())
