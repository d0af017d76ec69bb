"""What AWS's own service specification says of the types that tapgen emits: the data that `cdk diff` goes by.

Run as a program (`python -m tests.review.service_spec`, with npm), this takes the newest version of the package
`@aws-cdk/aws-service-spec` (Apache-2.0) and writes what the test needs of it beside itself.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGE = "@aws-cdk/aws-service-spec"
FILE = Path(__file__).with_name("service_spec.json")
PROJECT = Path(__file__).parents[2]
EFFECTS = {"yes": "replaced", "maybe": "maybe replaced", None: "in place"}
DEPTH = 4
"""How many steps deep a property is looked for."""

_TYPE = re.compile(r"^    Type: (AWS::\w+::\w+)$", re.MULTILINE)


def emitted() -> set[str]:
    """Every type of resource in the templates of the example and of the golden platforms."""
    folders = [PROJECT / "templates_out", *(PROJECT / "tests/golden/platforms").glob("*/templates_out")]
    return {
        kind for each in folders for path in each.rglob("*.yaml") for kind in _TYPE.findall(path.read_text("utf-8"))
    }


def recorded() -> dict[tuple[str, str], str]:
    """The effect of a change, by type and path of the property."""
    types = json.loads(FILE.read_text("utf-8"))["types"]
    return {
        (kind, path): effect for kind, effects in types.items() for effect, paths in effects.items() for path in paths
    }


class Specification:
    """The database of the package, as far as the types of resources."""

    def __init__(self, database: Mapping[str, Any]) -> None:
        tables = database["schema"]
        self._types = {each["cloudFormationType"]: each for each in tables["resource"]["entities"]}
        self._parts = {each["$id"]: each for each in tables["typeDefinition"]["entities"]}

    def effects(self, kind: str) -> dict[str, list[str]]:
        """The properties of a type, by what a change of them does."""
        found: dict[str, list[str]] = {effect: [] for effect in EFFECTS.values()}
        for path, word in self._walk(self._types[kind]["properties"], ()):
            found[EFFECTS[word]].append(".".join(path))
        return found

    def _walk(
        self, properties: Mapping[str, Any], above: tuple[str, ...]
    ) -> Iterator[tuple[tuple[str, ...], str | None]]:
        for name, each in sorted(properties.items()):
            path, word = (*above, name), each.get("causesReplacement")
            yield path, word
            held, within = each["type"], path
            while held["type"] in ("array", "map"):
                held, within = held["element"], (*within, "0")
            if held["type"] == "ref" and len(path) < DEPTH:
                below = self._parts[held["reference"]["$ref"]]["properties"]
                yield from ((inner, "yes" if word == "yes" else said) for inner, said in self._walk(below, within))


def main() -> None:
    """Write the file anew."""
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--json", PACKAGE], cwd=folder, check=True, capture_output=True, text=True
        )  # fmt: skip
        (told,) = json.loads(packed.stdout)
        with tarfile.open(Path(folder) / told["filename"]) as archive:
            member = archive.extractfile("package/db.json.gz")
            assert member
            specification = Specification(json.loads(gzip.decompress(member.read())))
    types = {kind: specification.effects(kind) for kind in sorted(emitted())}
    found = {"package": PACKAGE, "version": told["version"], "license": "Apache-2.0", "types": types}
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
