"""`python -m tapgen`."""

from tapgen.cli import main

main()
