"""How commands behave in a terminal: sections of help, colours, and the one place where every error ends."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from pathlib import Path
from typing import Any

import click

from tapgen.errors import TapgenError

_UNWRITABLE = (errno.EBADF, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC)


def command_line(config: str, **attributes: Any) -> Callable[[Callable[..., None]], Commands]:
    """What a function is decorated with that is a command line: the options that all have, and *config* in words."""

    def decorate(function: Callable[..., None]) -> Commands:
        options = (
            click.option(
                "-C",
                "--config",
                type=click.Path(path_type=Path),
                default="tapgen.yaml",
                envvar="TAPGEN_CONFIG",
                show_default=True,
                show_envvar=True,
                help=f"The configuration. {config}",
            ),
            click.option(
                "--color",
                type=click.Choice(["auto", "always", "never"]),
                default="auto",
                expose_value=False,
                is_eager=True,
                callback=_set_color,
                help="Colour the output; auto heeds NO_COLOR, FORCE_COLOR and whether it is a terminal.",
            ),
            click.option("-q", "--quiet", is_flag=True, help="Print results only."),
            click.version_option(package_name="tapgen"),
            click.pass_context,
        )
        settings = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
        group = click.group(cls=Commands, context_settings=settings, **attributes)
        return group(reduce(lambda decorated, option: option(decorated), reversed(options), function))

    return decorate


def _set_color(ctx: click.Context, _: click.Parameter, wish: str) -> None:
    ctx.color = color(wish)


class Commands(click.Group):
    """Commands in sections, what their exit codes mean, and what becomes of their errors."""

    def __init__(
        self, *, sections: Mapping[str, Sequence[str]], exit_codes: Sequence[tuple[str, str]], **attributes: Any
    ) -> None:
        super().__init__(**attributes)
        self.sections = sections
        self.exit_codes = exit_codes

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        """In the order of the sections."""
        return [name for names in self.sections.values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One section of help for each kind of command."""
        for title, names in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<10}", self.commands[name].get_short_help_str(90)) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl(self.exit_codes)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it raises becomes a message and an exit code."""
        with _ended(ctx):
            return super().invoke(ctx)


def color(wish: str) -> bool | None:
    """Whether to colour: as asked for, else as NO_COLOR and FORCE_COLOR say, else (None) where there is a terminal.

    https://no-color.org and https://force-color.org
    """
    if wish != "auto":
        return wish == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


def painted(diff: str) -> str:
    """A unified diff with removed lines red and added lines green."""
    colors = {"+": "green", "-": "red", "@": "cyan"}
    return "\n".join(click.style(line, fg=colors.get(line[:1]), reset=line[:1] in colors) for line in diff.split("\n"))


def tell(text: str) -> None:
    """Say something beside the result: on standard error, so that the result can be piped; nothing with `-q`."""
    if not quiet():
        click.echo(text, err=True)


def quiet() -> bool:
    """Whether only results are wanted: `-q`."""
    return bool(click.get_current_context().find_root().params["quiet"])


@contextmanager
def printing() -> Iterator[None]:
    """Print what standard output can take, and exit with EX_IOERR where it takes nothing, being closed or full.

    A character that its encoding does not have becomes a question mark. https://man.openbsd.org/sysexits
    """
    try:
        if sys.stderr is None:
            sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # for as long as the process runs
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))  # noqa: TRY301  # as if it had been printed to
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        yield
    except OSError as error:
        with suppress(OSError):
            click.echo(_marked(f"cannot print: {error.strerror}"), err=True)
        _discard()
        sys.exit(os.EX_IOERR)


@contextmanager
def _ended(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except TapgenError as error:
        click.echo(_marked(str(error)), err=True)
        ctx.exit(error.exit_code)
    except KeyboardInterrupt:
        ctx.exit(130)
    except BrokenPipeError:
        _discard()
        ctx.exit(141)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _UNWRITABLE and not error.filename:
            raise  # no file was meant, so a standard stream was: `printing` says so
        _report(error)
        ctx.exit(3)


def _discard() -> None:
    """Nobody takes our output: Python would complain once more when it flushes at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _marked(text: str) -> str:
    text = text if text.startswith("error: ") else f"error: {text}"
    mark = click.style("error:", fg="red", bold=True)
    return "\n".join(
        line.replace("error:", mark, 1) if line.startswith("error:") else line for line in text.split("\n")
    )


def _report(error: Exception) -> None:
    """Ask for a report of a bug; the traceback only for those who want it."""
    if os.environ.get("TAPGEN_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    message = f"this is a bug in tapgen, and not your fault: {type(error).__name__}: {error}"
    request = "Please report it, with tapgen.yaml and what the same command prints with TAPGEN_TRACEBACK=1."
    click.echo(f"{_marked(message)}\n{request}", err=True)
