"""`python -m tastemaker`: the same as the command `tastemaker`."""

from tastemaker.cli import main

main(prog_name="tastemaker")
