"""`python -m tastemaker`: the command line, where its program is not on the path."""

from tastemaker.cli import main

if __name__ == "__main__":
    main(prog_name="python -m tastemaker")
