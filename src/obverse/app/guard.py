"""How a command ends: what the user can mend is one clear message and exit code 2."""

from __future__ import annotations

from typing import Any

import typer

from obverse.errors import DefectError, ObverseError

BAD_INPUT = 2
FAILED = 1


def guard(run: Any, *arguments: Any) -> Any:
    """Run a command; what the user can mend ends in one clear message and exit code 2."""
    from obverse.app.console import complain

    try:
        return run(*arguments)
    except (DefectError, BrokenPipeError):
        raise
    except ObverseError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except OSError as error:
        complain(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))
        raise typer.Exit(BAD_INPUT) from None
    except Exception as error:
        if type(error).__module__ != "polars.exceptions":
            raise
        complain(
            f"Recorded data cannot be read: {str(error).splitlines()[0]}\n"
            "obverse data check names damaged files of a store."
        )
        raise typer.Exit(BAD_INPUT) from None
