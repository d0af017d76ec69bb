"""The real AWS CLI without a process of its own for each call, which is where most of the time of a call goes."""

from __future__ import annotations

import contextlib
import io
from functools import cache
from importlib import import_module
from threading import Lock

import pytest
from botocore.loaders import create_loader

from tapgen.deploy import aws
from tapgen.deploy.aws import Aws

_ONE_AT_A_TIME = Lock()
_LOADER = cache(create_loader)
"""Reads the models of services, which takes long, once."""


def cli_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `Aws` run the CLI here: it reads its words, asks over HTTP and prints its answer as ever."""
    monkeypatch.setattr("botocore.session.create_loader", _LOADER)
    create_clidriver = import_module("awscli.clidriver").create_clidriver

    def run(self: Aws, *words: str) -> str:
        who = ["--profile", self.profile] if self.profile else []
        content, said = io.BytesIO(), io.StringIO()
        printed = io.TextIOWrapper(content)
        with _ONE_AT_A_TIME, contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
            code = create_clidriver().main([*words, "--region", self.region, *who])
            printed.flush()
        if code:
            raise aws._error(said.getvalue().strip(), words)
        return content.getvalue().decode()

    monkeypatch.setattr(Aws, "run", run)
