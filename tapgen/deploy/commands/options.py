"""The options that commands share."""

from __future__ import annotations

import click

environment_option = click.option(
    "-e", "--environment", "name", metavar="ENV", default="", help="The environment; for `make`, ENV=…."
)
region_option = click.option(
    "--region", default="", metavar="REGION", help="The Region that is meant; for `make`, REGION=…."
)
uncommitted_option = click.option(
    "--uncommitted", is_flag=True, help="Take templates that are not committed; for a local AWS only."
)
