"""`python -m tapgen.deploy`."""

from tapgen.deploy.cli import main

main()
