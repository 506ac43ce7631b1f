"""The command line: each command reads its input, calls the library once a page, and prints.

Exit codes: 0 nothing flagged (``explain``, ``evaluate``: done); 1 something flagged (``clean``: something cut;
``model compare``: something flips); 2 wrong use, a model, policy or named input that cannot be used, or nothing flagged
while some pages could not be judged; 130 interrupted; 141 the reader of the output has gone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from moderation.cli.parser import build_parser
from moderation.cli.printing import stop
from moderation.cli.speech import chosen, spoken
from moderation.common.messages import gettext, reason
from moderation.errors import ModerationError

__all__ = ["build_parser", "entry", "main"]


def entry() -> None:
    """What the installed ``moderation`` command runs."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    # Closed by who started this: nothing can be said there, and the next file that is opened would take its place.
    if sys.stderr is None:
        return 2
    arguments = sys.argv[1:] if argv is None else list(argv)
    with spoken(chosen(arguments)):
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    if sys.stdout is None:
        return stop(gettext("standard output is closed; open it, or send it to /dev/null"))
    # Whatever the locale says: output is UTF-8, and a lone surrogate of a broken page or name must not end the run.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        options = build_parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except SystemExit as end:  # argparse has said what was wrong, or printed the help
        return int(end.code or 0)
    except ModerationError as error:
        return stop(str(error))
    except ImportError as error:
        # The engine was compiled for another Python, or something that is needed was taken away.
        said = gettext("a part of this program cannot be loaded ({error}); see what `moderation doctor` says")
        return stop(said.format(error=error))
    except BrokenPipeError:
        # The reader has gone (head, less): nothing more to say, and nothing to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        where = error.filename or gettext("output")
        said = gettext("{where}: {reason}; check the name, permissions and space")
        return stop(said.format(where=where, reason=reason(error)))
    except KeyboardInterrupt:
        return 130
    return code
