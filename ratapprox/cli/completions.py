"""`ratapprox completions SHELL`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completions(ctx: click.Context, shell: str) -> None:
    """Print the completion script for a shell.

    \b
      eval "$(ratapprox completions bash)"
      eval "$(ratapprox completions zsh)"
      ratapprox completions fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(ctx.find_root().command, {}, "ratapprox", "_RATAPPROX_COMPLETE").source())
