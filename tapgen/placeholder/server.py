"""Stands in for a service until it has an image of its own."""

import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

NAMES = {"service": os.environ["SERVICE_NAME"], "environment": os.environ["ENVIRONMENT"]}
HEALTH = os.environ.get("HEALTH_PATH")
PREFIXES = tuple(path.rstrip("/") + "/" for path in os.environ.get("PATH_PREFIXES", "").split(","))
PORTS = [int(port) for name in ("PORT", "PORTS") for port in os.environ.get(name, "").split(",") if port]


def log(**fields: object) -> None:
    os.write(1, json.dumps(NAMES | fields).encode() + b"\n")  # one short write: lines of two threads never mix


class Handler(BaseHTTPRequestHandler):
    protocol_version, timeout, path = "HTTP/1.1", 5, ""

    def setup(self) -> None:
        self.started = time.monotonic()
        super().setup()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        elapsed = round(1000 * (time.monotonic() - self.started))
        log(method=self.command, path=self.path[:500], status=int(code), milliseconds=elapsed)

    def answer(self) -> None:
        length = self.headers.get("Content-Length", "")
        self.rfile.read(min(int(length[:9]), 1_000_000) if length.isdecimal() else 0)
        path = self.path.partition("?")[0]
        body = json.dumps({"status": "ok"} if path == HEALTH else NAMES | {"path": path}).encode()
        self.send_response(200 if path == HEALTH or (path + "/").startswith(PREFIXES) else 404)
        for header in ("Content-Type", "application/json"), ("Content-Length", len(body)), ("Connection", "close"):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = answer


signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # until sigwait, and in every thread
ThreadingTCPServer.request_queue_size = 128
servers = [ThreadingTCPServer(("", port), Handler) for port in PORTS]
for server in servers:
    threading.Thread(target=server.serve_forever, args=[0.1]).start()
log(message="running", ports=PORTS)
signal.sigwait([signal.SIGTERM])
for server in servers:
    server.shutdown()
    server.server_close()  # waits for the requests under way
