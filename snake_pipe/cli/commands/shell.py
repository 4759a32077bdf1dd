"""`shell`: SQL over the tables at a prompt, or statement by statement from stdin."""

from __future__ import annotations

import signal
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import typer

from snake_pipe.cli.locations import find_dataset
from snake_pipe.cli.options.common import Dataset, MaxRows, Wide
from snake_pipe.cli.output.answers import Look, chosen_look, write_answers
from snake_pipe.cli.output.streams import tell
from snake_pipe.cli.prompt.input_lines import finished_texts
from snake_pipe.errors import SnakePipeError, UsageError

if TYPE_CHECKING:
    import duckdb

    from snake_pipe.storage.storage import Storage


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("shell", epilog=_EXAMPLES)(shell)


_EXAMPLES = """
\b
Examples:
  snake-pipe shell
  snake-pipe shell -d ~/src/django
  echo "FROM files;" | snake-pipe shell

A statement ends with a semicolon and may have several lines. Tab completes words of SQL, tables and columns;
.help lists commands. Ctrl-C ends a query that runs, Ctrl-D the shell. On a terminal it needs
pip install 'snake-pipe[shell]'. Like query, it only reads.
"""

_COMMANDS = {
    ".help": "these commands",
    ".tables": "the tables and what they hold",
    ".schema": "the columns of all tables, or of one: .schema files",
    ".refresh": "look at what was committed since the shell began",
    ".quit": "end the shell, as Ctrl-D does",
}

_TABLES = """
    SELECT view_name AS "table", comment AS meaning FROM duckdb_views()
    WHERE NOT internal AND schema_name = 'main' ORDER BY ends_with(view_name, '_history'), view_name
    """

_SCHEMA = """
    SELECT table_name AS "table", column_name AS "column", data_type AS type, comment AS meaning
    FROM duckdb_columns() WHERE NOT internal AND schema_name = 'main' AND table_name {}
    ORDER BY table_name, column_index
    """

_WORDS = """
    SELECT column_name, string_agg(table_name, ', ' ORDER BY table_name) FROM duckdb_columns()
    WHERE NOT internal AND schema_name = 'main' AND NOT ends_with(table_name, '_history') GROUP BY ALL
    UNION ALL SELECT view_name, comment FROM duckdb_views() WHERE NOT internal AND schema_name = 'main'
    UNION ALL SELECT upper(keyword_name), '' FROM duckdb_keywords()
    UNION ALL SELECT DISTINCT function_name, 'function' FROM duckdb_functions()
    WHERE regexp_full_match(function_name, '[a-z]\\w+') AND function_type IN ('scalar', 'aggregate', 'table')
    ORDER BY 1
    """


def shell(dataset: Dataset = None, max_rows: MaxRows = None, wide: Wide = False) -> None:
    """Query the tables at a prompt."""
    path = find_dataset(dataset)
    look = chosen_look(max_rows, wide=wide, stream=sys.stdout)
    with closing(_Shell(path, look)) as opened:
        if sys.stdin.isatty() and sys.stdout.isatty():
            _ask(opened)
        else:
            for text in finished_texts(sys.stdin):
                if not opened.answer(text):
                    break


def _ask(opened: _Shell) -> None:
    """Answer what is typed. Whatever goes wrong with a statement, and whenever Ctrl-C comes, it goes on."""
    from snake_pipe.cli.prompt.editor import Editor

    editor = Editor(opened.words(), _COMMANDS)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # of other commands it ends the process
    tell("snake-pipe shell: .help lists commands, Ctrl-D ends it")
    while True:
        answering = False
        try:
            text = editor.read()
            answering = True
            if text is None or not opened.answer(text):
                return
        except SnakePipeError as error:
            tell(f"{error.message}\n  {error.hint}" if error.hint else error.message)
        except KeyboardInterrupt:
            if answering:
                tell("interrupted")


class _Shell:
    """A connection to a dataset that statements and commands are put to."""

    def __init__(self, dataset: Storage, look: Look) -> None:
        self._dataset = dataset
        self._look = look
        self._connection = self._connect()

    def close(self) -> None:
        self._connection.close()

    def words(self) -> dict[str, str]:
        """Words of SQL, tables and columns, each with what it is."""
        return dict(self._connection.execute(_WORDS).fetchall())

    def answer(self, text: str) -> bool:
        """Answer statements or carry out a command; whether the shell goes on. SnakePipeError."""
        text = text.strip()
        if text.startswith("."):
            return self._carry_out(*text.removesuffix(";").split())
        if text.strip("; "):
            self._print(text)
        return True

    def _carry_out(self, command: str, *arguments: str) -> bool:
        if command in (".quit", ".exit"):
            return False
        if command == ".help":
            sys.stdout.writelines(f"{name:10}{meaning}\n" for name, meaning in _COMMANDS.items())
        elif command == ".tables":
            self._print(_TABLES)
        elif command == ".schema" and arguments:
            name = arguments[0].lower()
            if not self._connection.execute(f'FROM ({_TABLES}) WHERE "table" = ?', [name]).fetchall():
                raise UsageError(f"no table {arguments[0]!r}", ".tables lists them")
            self._print(_SCHEMA.format("= ?"), name)
        elif command == ".schema":
            self._print(_SCHEMA.format("NOT LIKE '%\\_history' ESCAPE '\\'"))
        elif command == ".refresh":
            connection = self._connect()
            self._connection.close()
            self._connection = connection
        else:
            raise UsageError(f"no command {command}", f"there are {', '.join(_COMMANDS)}")
        return True

    def _print(self, text: str, *parameters: str) -> None:
        from snake_pipe.load.sql.select import read_statements

        statements = read_statements(self._connection, text)
        write_answers(self._connection, statements, list(parameters), "table", sys.stdout, self._look)

    def _connect(self) -> duckdb.DuckDBPyConnection:
        from snake_pipe.load.sql.views import connect

        return connect(self._dataset)
