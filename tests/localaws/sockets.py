"""What processes of the local AWS listen on."""

from __future__ import annotations

from pathlib import Path


def listening() -> list[str]:
    """The addresses that processes of any local AWS, and what they run, listen on."""
    ours = _sockets()
    tables = (Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6"))
    lines = [line.split() for table in tables for line in table]
    return [_address(fields[1].partition(":")[0]) for fields in lines if fields[3] == "0A" and fields[9] in ours]


def _sockets() -> set[str]:
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"tapgen.localaws" in command or b"<container>" in command:
                links = (each.readlink().name for each in (process / "fd").iterdir())
                found |= {link[8:-1] for link in links if link.startswith("socket:")}
        except OSError:
            continue
    return found


def _address(hexadecimal: str) -> str:
    if len(hexadecimal) > 8:
        return hexadecimal
    return ".".join(str(each) for each in bytes.fromhex(hexadecimal)[::-1])
