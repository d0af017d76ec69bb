"""The Eclipse Layout Kernel, which lays graphs out, in a JavaScript engine within this process.

`elk-worker.min.js` is that of elkjs 0.12.1, as it is published; its licence is beside it. Why this one:
docs/adr/013-the-picture-is-laid-out-by-elk.md.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

Graph = dict[str, Any]
"""A graph as ELK takes it and gives it back: https://eclipse.dev/elk/documentation/tooldevelopers/graphdatastructure/jsonformat.html"""

_BEFORE = """
var window = globalThis, self = globalThis, module = {exports: {}}, exports = module.exports;
var setTimeout = call => call(), console = {log() {}, info() {}, warn() {}, error() {}};
"""
"""What ELK looks for in a browser or in Node.js."""

_AFTER = """
var answer, worker = new module.exports.Worker();
worker.onmessage = event => { answer = event.data; };
worker.postMessage({id: 0, cmd: 'register', algorithms: ['layered', 'rectpacking']});
function layout(graph) {
  worker.postMessage({id: 1, cmd: 'layout', graph: JSON.parse(graph), layoutOptions: {}, options: {}});
  return JSON.stringify(answer.error ? {error: String(answer.error.message || answer.error)} : answer);
}
"""


def layout(graph: Graph) -> Graph:
    """Give everything in a graph its place. The same graph gets the same places, on every machine."""
    answer = json.loads(_engine().get("layout")(json.dumps(graph)))
    if "error" in answer:
        raise AssertionError(f"ELK does not take the graph: {answer['error']}")
    placed: Graph = answer["data"]
    return placed


@cache
def _engine() -> Any:
    from quickjs import Context

    engine = Context()
    engine.set_max_stack_size(8 * 1024 * 1024)
    engine.eval(_BEFORE)
    engine.eval(files(__package__).joinpath("elk-worker.min.js").read_text("utf-8"))
    engine.eval(_AFTER)
    return engine
