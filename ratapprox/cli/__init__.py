"""The command line: reads the words, calls one public function, prints what it returns.

Exit codes: 0 done, 1 unexpected, 2 usage, 3 refuted, 4 not converged, 5 an optional part is missing, 130 interrupted.
Nothing heavy is imported before a verb runs, so that `ratapprox --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

import ratapprox
from ratapprox.cli import analyse, audit, certify, check, completions, export, fit, names, ntk, train
from ratapprox.cli.options import nearest


class Verbs(click.Group):
    """A click group that answers a misspelt verb with the nearest one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise click.UsageError(f"there is no verb {args[0][:40]!r}{nearest(args[0], self.commands)}")
        return super().resolve_command(ctx, args)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(ratapprox.__version__, message="ratapprox %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Best rational approximations of activation functions, with proofs.

    \b
      ratapprox fit relu --type 3,2 --on -1,1
      ratapprox fit "x*sigmoid(1.7*x)" --type 5,4 --on -4,4 -o card.json
      ratapprox certify card.json
      ratapprox export card.json --to c
      ratapprox analyse ralu
      ratapprox audit kat:gelu
      ratapprox ntk --activation rational,tanh
      ratapprox train kdv --activation rational,relu
    """
    if os.environ.get("NO_COLOR"):
        ctx.color = False


cli.add_command(fit.fit)
cli.add_command(certify.certify)
cli.add_command(analyse.analyse)
cli.add_command(audit.audit)
cli.add_command(export.export)
cli.add_command(ntk.ntk)
cli.add_command(train.train)
cli.add_command(check.check)
cli.add_command(names.list_names)
cli.add_command(completions.completions)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no ≤ shows ? rather than a traceback
    try:
        code = cli.main(arguments, prog_name="ratapprox", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as slip:
        verb = slip.ctx.command_path if slip.ctx else "ratapprox"
        click.echo(f"{verb}: {slip.format_message()}", err=True)
        sys.exit(slip.exit_code)
    except click.ClickException as failure:
        click.echo(f"ratapprox: {failure.format_message()}", err=True)
        sys.exit(failure.exit_code)
    except click.Abort:
        click.echo("ratapprox: interrupted before there was a result", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader has gone (`ratapprox … | head`): the interpreter must not try to flush the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(code or 0)
