"""Commands of those who run the service: ``serve``, ``key``, ``records``, ``doctor``."""

from __future__ import annotations

from typing import Any

from moderation.cli.parser._common import add_engine, add_language, command
from moderation.cli.speech import Formatter
from moderation.common.messages import N_, gettext

# Where the service listens unless it is told otherwise.
HOST, PORT = "127.0.0.1", 8000

__all__ = ["add_service_commands"]


def add_service_commands(commands: Any) -> None:
    serving = command(
        commands,
        "serve",
        N_("verdicts over HTTP, for CMSes"),
        "serving.run_service",
        "serve --port 8000 --records sqlite:///records.sqlite",
        (N_("0 ended"), N_("2 a configuration, model or policy that cannot be used")),
    )
    serving.add_argument(
        "--config", metavar="FILE", help=gettext("a TOML file of sites and limits (default: one site)")
    )
    serving.add_argument("--host", default=HOST, help=gettext("address to listen at (default %(default)s)"))
    serving.add_argument("--port", type=int, default=PORT, help=gettext("port (default %(default)s)"))
    serving.add_argument("--workers", type=int, metavar="N", default=1, help=gettext("processes (default %(default)s)"))
    serving.add_argument(
        "--records", metavar="URL", help=gettext("keep verdicts and feedback here, as sqlite:///records.sqlite")
    )
    add_engine(serving)
    key = command(
        commands,
        "key",
        N_("a new key for a site of the service, and its digest"),
        "serving.make_key",
        "key",
        (N_("0 done"),),
    )
    key.add_argument(
        "--akismet",
        action="store_true",
        help=gettext("as short as Akismet's (12 characters), for plug-ins that insist on that"),
    )
    _add_records_commands(commands)

    doctor = command(
        commands,
        "doctor",
        N_("what is installed, whether it works, and what to do where it does not"),
        "doctor.diagnose",
        "doctor\nmoderation doctor --config service.toml --format json",
        (N_("0 all is well"), N_("1 something is broken"), N_("2 wrong use")),
    )
    doctor.add_argument(
        "--config", metavar="FILE", help=gettext("the configuration of the service, which is checked too")
    )
    doctor.add_argument(
        "--host", default=HOST, help=gettext("address the service will listen at (default %(default)s)")
    )
    doctor.add_argument("--port", type=int, default=PORT, help=gettext("its port (default %(default)s)"))
    doctor.add_argument("--records", metavar="URL", help=gettext("the database of its records"))
    doctor.add_argument(
        "--format", choices=("text", "json"), default="text", help=gettext("for people (default) or machines")
    )
    add_engine(doctor)


def _add_records_commands(commands: Any) -> None:
    records = commands.add_parser(
        "records",
        help=gettext("the records of the service: what they are, upgrade, backup"),
        description=gettext("Looks after the records of the service."),
        epilog="\n".join(
            [
                gettext("example:"),
                "  moderation records info --config service.toml",
                "",
                gettext("exit codes:"),
                "  " + gettext("0 done"),
                "  " + gettext("2 wrong use, or a database that cannot be used"),
            ]
        ),
        formatter_class=Formatter,
    )
    add_language(records)
    about = records.add_subparsers(metavar="COMMAND", required=True)
    info = command(
        about,
        "info",
        N_("what a database holds, and of which revision its tables are"),
        "recording.show_records",
        "records info --config service.toml",
        (
            N_("0 the service can use it as it is"),
            N_("1 it cannot"),
            N_("2 wrong use, or a database that cannot be read"),
        ),
    )
    info.add_argument(
        "--format", choices=("text", "json"), default="text", help=gettext("for people (default) or machines")
    )
    upgrading = command(
        about,
        "upgrade",
        N_("what became of the tables: it brings them up to date, all or nothing"),
        "recording.upgrade_records",
        "records upgrade --config service.toml",
        (N_("0 done, or nothing to do"), N_("2 wrong use, or a database that cannot be upgraded")),
    )
    backing = command(
        about,
        "backup",
        N_("the size of a backup that it makes; the service may run meanwhile"),
        "recording.back_up_records",
        "records backup records-2026-11-30.sqlite --config service.toml",
        (N_("0 done"), N_("2 wrong use, or nothing is written")),
    )
    backing.add_argument("output", metavar="FILE", help=gettext("a new file; of PostgreSQL one for pg_restore"))
    for parser in (info, upgrading, backing):
        parser.add_argument(
            "--config", metavar="FILE", help=gettext("the configuration of the service, which names it")
        )
        parser.add_argument(
            "--records", metavar="URL", help=gettext("or the database itself, as sqlite:///records.sqlite")
        )
