"""`tastemaker inspect`."""

from __future__ import annotations

import socket
from contextlib import suppress

import click

from tastemaker.cli.echo import echo
from tastemaker.cli.options import cache_option, database_option, open_engine
from tastemaker.errors import InputError


@click.command()
@click.option(
    "--port",
    default=0,
    type=click.IntRange(0, 65535),
    help="The port on this machine.  [default: one that is free]",
)
@click.option("--show-sealed", is_flag=True, help="Show users' attributes too.")
@cache_option
@database_option
def inspect(port: int, show_sealed: bool, cache: str | None, database_url: str) -> None:
    """Show in a browser what is recommended to whom, and why; ends with Ctrl-C.

    The pages are served on this machine alone, to the first browser that opens the address which is
    printed. They write nothing to the database. Needs the extra `web`, and uvicorn.
    """
    try:
        import uvicorn

        from tastemaker.web.inspector.local import HOST, Entrance, local_app
    except ModuleNotFoundError:
        raise InputError(
            "The inspector needs a web server: run `pip install 'tastemaker[web]' uvicorn`."
        ) from None
    with open_engine(database_url, cache) as engine, socket.socket() as listening:
        entrance = Entrance()
        application = local_app(engine, entrance, show_sealed)
        try:
            listening.bind((HOST, port))
            listening.listen()  # who opens the address at once waits until it is served
        except OSError as error:
            raise InputError(
                f"Port {port} cannot be used: {error.strerror}. Give another one."
            ) from None
        address = f"http://{HOST}:{listening.getsockname()[1]}/enter?token={entrance.token}"
        echo(f"Open {address}\nIt lets in one browser, once. Ctrl-C ends it.")
        config = uvicorn.Config(application, log_level="warning", access_log=False)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
