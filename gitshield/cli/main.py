"""The `gitshield` command: its sub-commands, loaded lazily, and how errors end."""

import os
import sys
import traceback
from difflib import get_close_matches
from importlib import import_module

import click

from gitshield import __version__
from gitshield.errors import ExitCode, GitshieldError, UsageError
from gitshield.report.neutral import neutral

COMMANDS = {
    "protect": ("protect", "Set up every protection in this repository and show what is on."),
    "doctor": ("doctor", "Prove that each protection really works."),
    "scan": ("scan", "Look for secrets in files, staged changes or standard input."),
    "allow": ("allow", "Let something pass on purpose, recorded."),
    "rules": ("rules", "List, show and test the rules."),
    "log": ("log", "Show the journal: what was refused and what was passed on purpose."),
    "hook": ("hook", "What hooks call; for the pre-commit framework and for scripts."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and give its `command`."""
        if cmd_name not in COMMANDS:
            close = get_close_matches(cmd_name, COMMANDS, 1)
            raise UsageError(f"no command is called {cmd_name!r}", hint=f"did you mean {close[0]!r}?" if close else "gitshield --help")
        command: click.Command = import_module(f"gitshield.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gitshield")
def cli() -> None:
    """Keep git repositories safe from leaks, lost work and bad pushes."""


def run(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with a code of the one table (`errors.ExitCode`)."""
    _fill_closed_streams()
    try:
        code = cli.main(arguments, prog_name="gitshield", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        code = ExitCode.INTERRUPTED
    except SystemExit as ended:  # click's own end when nobody reads on is 1, which is our code for findings
        code = ExitCode.INCOMPLETE if ended.code else ExitCode.CLEAN
    except click.ClickException as error:
        code = _misused(error)
    except Exception as error:  # noqa: BLE001 - the one place where everything ends, each with a code and words of its own
        code = _ended_by(error)
    sys.exit(int(code or 0))


def _fill_closed_streams() -> None:
    """Open the null device where a standard stream is closed: no file of ours may come to lie there and be written to."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _misused(error: click.ClickException) -> ExitCode:
    """Say what is wrong with the words of a call, as click found, in our own form."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return ExitCode.USAGE
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx is not None else "gitshield"
    fail(UsageError(" ".join(error.format_message().split()), hint=f"{path} --help"))
    return ExitCode.USAGE


def _ended_by(error: Exception) -> ExitCode:
    """Say what ended a command and give its code."""
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on; the interpreter must not complain when it flushes
        return ExitCode.INCOMPLETE
    if isinstance(error, OSError):
        fail(GitshieldError(f"{error.filename or 'the output cannot be written'}: {error.strerror}"))
        return ExitCode.INCOMPLETE
    if isinstance(error, GitshieldError):
        fail(error)
        return error.code
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(where.filename)}:{where.lineno}"
    fail(GitshieldError(f"internal error: {type(error).__name__} at {place}", hint="please report it, with the command you typed"))
    return ExitCode.INTERNAL


def fail(error: GitshieldError) -> None:
    """Print an error and its hint to standard error."""
    click.echo(f"error: {neutral(str(error))}", err=True)
    if error.hint:
        click.echo(f"hint: {neutral(error.hint)}", err=True)
