"""`python -m ratapprox` is the command line."""

from ratapprox.cli import main

main()
