"""python -m cli: the same as the command porthole."""

from cli.main import main

main()
