"""`ecsrunner completion`: prints the script with which a shell completes the command line."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_ECSRUNNER_COMPLETE"
"""Set by the scripts: `ecsrunner` then prints completions. click derives it from the name."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, *, shell: str) -> None:
    """Print the script that completes `ecsrunner` in a shell.

    Commands, options and statuses are completed at once; runner ids and classes by a read of AWS
    that ends after a second.

    \b
    bash:  echo 'eval "$(ecsrunner completion bash)"' >> ~/.bashrc
    zsh:   echo 'eval "$(ecsrunner completion zsh)"' >> ~/.zshrc
    fish:  ecsrunner completion fish > ~/.config/fish/completions/ecsrunner.fish
    """  # noqa: D301 - click's mark of a paragraph that is not wrapped
    kind = get_completion_class(shell)
    if kind is None:  # click has all three
        raise click.UsageError(f"click can't complete in {shell}.")
    click.echo(kind(ctx.find_root().command, {}, "ecsrunner", VARIABLE).source())
