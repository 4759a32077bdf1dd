"""The tables: their columns, types and meaning.

One data table for everything that needs to know them: Arrow schemas, Delta tables, the reference in
the README. Delta has no unsigned integers and no dictionary type; a `dictionary` column is a string
that repeats, encoded in Arrow and Parquet. Lines and columns count from 1, offsets and ids from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA_VERSION = 7
"""Raised with every change of a column; a dataset of another version is refused."""


ORDINAL_BITS = 36
"""Bits of a `file_id` below the epoch: enough for the trees in a terabyte of documents, and ids stay exact in
programs that hold them as 64-bit floats for the first hundred thousand epochs."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `type` is a word of `_ARROW_TYPES`; `doc` is a line for people."""

    name: str
    type: str
    doc: str
    nullable: bool = True


def _required(name: str, type_: str, doc: str) -> Column:
    return Column(name, type_, doc, nullable=False)


_FILE_ID = _required("file_id", "int64", "the file, as in `files`")
_JOB_ID = _required("job_id", "string", "the job that wrote the row")

FILES = (
    _required("file_id", "int64", f"epoch << {ORDINAL_BITS} | ordinal; never reused"),
    _required("repo", "dictionary", "name of the root folder the file was found under"),
    _required(
        "path",
        "string",
        "POSIX path relative to the root, with #fragment for a tree; undecodable bytes are escaped",
    ),
    Column(
        "path_bytes", "binary", "the raw path where `path` is an escaped one: not UTF-8, or with a backslash"
    ),
    _required("input_kind", "dictionary", "source or ast"),
    Column("language", "dictionary", "language of the source"),
    Column("dialect", "dictionary", "dialect of an AST file"),
    Column("parser", "dictionary", "the parser that read the file"),
    Column("parser_version", "dictionary", "its version, with the version of the extraction rules"),
    _required("read_with", "dictionary", "digest of the settings that decide which rows a file gives"),
    Column("size_bytes", "int64", "size on disk; null for a tree in a file"),
    Column("mtime_ns", "int64", "time of last change, ns since 1970"),
    Column("sha256", "string", "hash of the bytes on disk, hexadecimal"),
    _required("status", "dictionary", "ok, partial, failed, skipped, quarantined or deleted"),
    Column(
        "reason",
        "dictionary",
        "why the status is not ok, or gone or left_out of what is deleted; holds_trees: see container_id",
    ),
    Column("node_count", "int64", "rows in `nodes`"),
    Column("symbol_count", "int64", "rows in `symbols`"),
    Column("ref_count", "int64", "rows in `refs`"),
    Column("import_count", "int64", "rows in `imports`"),
    Column("error_count", "int64", "rows in `errors`"),
    Column("max_depth", "int32", "depth of the deepest node, root 0"),
    Column("line_count", "int64", "lines of the source; if unknown, of the AST file, or 0 for a tree in one"),
    Column("offset_unit", "dictionary", "unit of offsets and columns: byte, utf16, char or none"),
    Column("duration_ms", "float64", "milliseconds from open to rows"),
    Column("attempts", "int32", "how many times a worker took the file"),
    _required("first_epoch", "int64", "run by its number that first saw the file, since when it is there"),
    _required("content_epoch", "int64", "run since which its content is what it is"),
    _JOB_ID,
    _required("flush_seq", "int64", "the flush of that job that made the row visible"),
    _required("ingested_at", "timestamp", "time of that flush, UTC"),
    Column("traits", "list<string>", "minified, generated, vendored, test, transcoded, gzip"),
    Column("source_path", "string", "for an AST file: the source it was made from, where known"),
    Column("container_id", "int64", "for one of several trees in a file: that file's file_id; else null"),
)

NODES = (
    _FILE_ID,
    _required("node_id", "int32", "preorder number in the file, root 0"),
    Column("parent_id", "int32", "node_id of the parent; null for the root"),
    Column("field", "dictionary", "the parent's field that holds the node"),
    _required("child_index", "int32", "position among the parent's children"),
    _required("depth", "int32", "root 0"),
    _required("descendant_count", "int32", "nodes below: up to node_id + descendant_count"),
    _required("type", "dictionary", "the dialect's or grammar's own word"),
    _required("kind", "dictionary", "normalised across languages"),
    Column("name", "string", "the name that a node has, or is"),
    Column("value", "string", "text of a literal or a comment, shortened"),
    Column("start_offset", "int64", "in offset_unit, from 0"),
    Column("end_offset", "int64", "exclusive"),
    Column("start_line", "int32", "from 1"),
    Column("start_col", "int32", "from 1, in offset_unit"),
    Column("end_line", "int32", "from 1"),
    Column("end_col", "int32", "from 1, exclusive"),
    Column("attrs", "string", "the remaining scalar fields as JSON, with --attrs"),
)

SYMBOLS = (
    _FILE_ID,
    _required("node_id", "int32", "the definition's node"),
    _required("name", "string", "as written"),
    _required("qualified_name", "string", "with the names of the enclosing symbols, joined by dots"),
    _required("kind", "dictionary", "module, class, function, method, field, variable, ..."),
    Column("parent_node_id", "int32", "node of the enclosing symbol; null at the top"),
    Column("signature", "string", "the head of the definition on one line"),
    Column("doc", "string", "docstring or the comment before it"),
    Column("modifiers", "list<string>", "static, async, abstract, const, constructor, ..."),
    Column("visibility", "dictionary", "public, protected, private, internal"),
    Column("exported", "bool", "visible outside its file, where the language says"),
    Column("complexity", "int32", "1 + branches, for functions and methods"),
    _required(
        "in_error", "bool", "its bounds are in doubt: it stands in what cannot be parsed, or lacks a brace"
    ),
    Column("start_offset", "int64", "of the definition"),
    Column("end_offset", "int64", "exclusive"),
    Column("start_line", "int32", "of the definition"),
    Column("end_line", "int32", "of the definition"),
    Column("name_line", "int32", "line of the name"),
    Column("name_col", "int32", "column of the name"),
    Column("body_start_line", "int32", "first line of the body, where there is one"),
    Column("body_end_line", "int32", "last line of the body"),
)

REFS = (
    _FILE_ID,
    _required("node_id", "int32", "the node that uses the name"),
    _required("name", "string", "the last part: `join` of `os.path.join(...)`"),
    Column("qualifier", "string", "what stands before it: `os.path`"),
    _required("role", "dictionary", "call, read, write, type, inherit or decorate"),
    Column("enclosing_node_id", "int32", "node of the symbol it stands in; null at the top"),
    Column("start_line", "int32", "from 1"),
    Column("start_col", "int32", "from 1, in offset_unit"),
)

IMPORTS = (
    _FILE_ID,
    _required("node_id", "int32", "the import's node"),
    Column("module", "string", "as written, without quotes"),
    Column("name", "string", "the imported name; null for the whole module"),
    Column("alias", "string", "the local name, where it differs"),
    _required("is_relative", "bool", "relative to the importing file"),
    _required("is_wildcard", "bool", "everything from the module"),
    Column("start_line", "int32", "from 1"),
)

PROCESSED = (
    _FILE_ID,
    _required("processor", "dictionary", "its name, as the setting `processors` has it"),
    _required("row", "int32", "which of the values that it gave for the file, from 0"),
    _required("value", "string", "the value as JSON"),
)

ERRORS = (
    _required("path", "string", "as in `files`"),
    Column("file_id", "int64", "null where there is no row in `files`, such as a folder that cannot be read"),
    _required("phase", "dictionary", "discover, read, decode, parse, extract, process, write or worker"),
    _required("code", "dictionary", "a fixed word for programs"),
    _required("message", "string", "for people: what, where, how to fix it"),
    Column("start_line", "int32", "from 1"),
    Column("start_col", "int32", "from 1"),
    _required("attempt", "int32", "from 1"),
    _required("retriable", "bool", "whether another attempt may help"),
    _JOB_ID,
)

BATCHES = (
    _JOB_ID,
    _required("batch_id", "int64", "from 1 in each epoch"),
    _required("epoch", "int64", "number of the run: a new one for each ingest and each resume"),
    _required("language", "dictionary", "the queue it was cut from: a language, ast, or mixed"),
    _required("trigger", "dictionary", "size, bytes, timer, priority, memory, manual, close or retry"),
    _required("priority", "int32", "the highest of its files"),
    _required("file_count", "int64", "files"),
    _required("row_count", "int64", "rows of all tables"),
    _required("byte_count", "int64", "bytes on disk of its files"),
    _required("waited_ms", "float64", "how long its oldest file waited in the queue"),
    Column("worker", "dictionary", "host and process id of the worker, host:pid; null where it was lost"),
    Column("started_at", "timestamp", "when the worker began it, UTC"),
    _required("duration_ms", "float64", "how long it took in the worker"),
    Column("memory_before", "int64", "resident bytes of the worker before it"),
    Column("memory_after", "int64", "resident bytes of the worker after it"),
    Column("memory_peak", "int64", "the most resident bytes seen meanwhile"),
    Column("io_bytes", "int64", "bytes read, and bytes of the parts written"),
    Column("estimated_ms", "float64", "estimate of duration_ms, made beforehand; 0 at first"),
    Column("estimated_memory", "int64", "estimate of memory_peak - memory_before, made beforehand"),
    Column("estimated_io", "int64", "estimate of io_bytes, made beforehand"),
    _required("attempt", "int32", "from 1"),
    _required("status", "dictionary", "ok, or retried: lost with its worker"),
    _required("flush_seq", "int64", "the flush that committed it"),
)

RUNS = (
    _JOB_ID,
    _required("epoch", "int64", "number of the run: a new one for each ingest and each resume"),
    _required("repo", "dictionary", "as in `files`"),
    Column("shard", "string", "the share of the repo that it was about, such as 3/16; null for all of it"),
    Column("git_commit", "string", "what was checked out when it began; null outside of git"),
    Column("git_branch", "string", "its branch; where none is checked out, what the CI service calls it"),
    Column("git_dirty", "bool", "whether files that git tracks differed from the commit"),
    _required("started_at", "timestamp", "when it began, UTC"),
    Column("ended_at", "timestamp", "when it ended, UTC; null if it was killed"),
    _required("status", "dictionary", "done, stopped, failed or interrupted (killed, or the machine)"),
    _required("files", "int64", "files of the repo, or of the shard, that the dataset holds at its end"),
    _required("files_failed", "int64", "those of them that failed or are quarantined"),
    Column(
        "files_read", "int64", "files that it read; null, like the next six, where the state before is lost"
    ),
    Column("bytes_read", "int64", "bytes on disk of these"),
    Column("rows_written", "int64", "nodes, symbols, references and imports of these"),
    Column("files_added", "int64", "files that were not there before it, and have not moved"),
    Column("files_removed", "int64", "files that are no longer there, and have not moved"),
    Column("files_changed", "int64", "files that have another content or status"),
    Column("files_moved", "int64", "files of another path and the same content"),
    _required("files_version_before", "int64", "version of the Delta table `files` when it began"),
    _required("files_version", "int64", "version of the Delta table `files` at its end"),
    _required("program_version", "dictionary", "version of the program"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "files": FILES,
    "nodes": NODES,
    "symbols": SYMBOLS,
    "refs": REFS,
    "imports": IMPORTS,
    "processed": PROCESSED,
    "errors": ERRORS,
    "batches": BATCHES,
    "runs": RUNS,
}

DUMP_SOURCES = (
    _required("repo", "dictionary", "as in `files`, the same for both"),
    _required("dump", "string", "path of an AST file"),
    _required("source", "string", "path of the source it was made from, where the dataset holds that"),
    _required(
        "way", "string", "told (by `source_path`), beside (by name), mirrored (by name, in another folder)"
    ),
    _required("dump_file_id", "int64", "of the AST file"),
    _required("source_file_id", "int64", "of the source"),
)

_REPO = _required("repo", "dictionary", "as in `files`")
_PATH = _required("path", "string", "as in `files`")
_LANGUAGE = Column("language", "dictionary", "as in `files`")
_SYMBOL = _required("node_id", "int32", "with file_id the row in `symbols`")
_LINE_COUNT = Column("line_count", "int32", "from the first line to the last")

IMPORT_TARGETS = (
    _REPO,
    _PATH,
    _LANGUAGE,
    *IMPORTS,
    Column(
        "target_file_id", "int64", "the file that is meant, of the same repo; null if no single one is known"
    ),
    Column("target_path", "string", "its path"),
    Column(
        "target_folder", "string", "its folder, or the folder that is meant: a package of Go, a namespace"
    ),
    _required(
        "way",
        "string",
        "how it was found: relative, root, ending, name, module, package; "
        "or why not: ambiguous, missing, computed, outside",
    ),
)

FUNCTIONS = (
    _REPO,
    _PATH,
    _LANGUAGE,
    _required("kind", "dictionary", "function or method"),
    _required("name", "string", "as in `symbols`, like all that follows"),
    _required("qualified_name", "string", "with what is around it"),
    Column("signature", "string", "its head on one line"),
    Column("start_line", "int32", "from 1"),
    Column("end_line", "int32", "its last one"),
    _LINE_COUNT,
    Column("complexity", "int32", "1 + branches"),
    _required("has_body", "bool", "false for a declaration, and where an AST file does not tell"),
    _required("in_error", "bool", "its bounds are in doubt"),
    Column("visibility", "dictionary", "public, protected, private, internal"),
    Column("exported", "bool", "visible outside its file"),
    Column("modifiers", "list<string>", "static, async, ..."),
    Column("doc", "string", "docstring or the comment before it"),
    _FILE_ID,
    _SYMBOL,
)

CLASSES = (
    _REPO,
    _PATH,
    _LANGUAGE,
    _required("kind", "dictionary", "class, interface or enum"),
    _required("name", "string", "as in `symbols`, like all that follows but the counts"),
    _required("qualified_name", "string", "with what is around it"),
    Column("start_line", "int32", "from 1"),
    Column("end_line", "int32", "its last one"),
    _LINE_COUNT,
    _required("method_count", "int64", "methods that stand in it; those of Go and Rust stand elsewhere"),
    _required("field_count", "int64", "fields that stand in it"),
    _required("in_error", "bool", "its bounds are in doubt"),
    Column("visibility", "dictionary", "public, protected, private, internal"),
    Column("exported", "bool", "visible outside its file"),
    Column("modifiers", "list<string>", "abstract, record, ..."),
    Column("doc", "string", "docstring or the comment before it"),
    _FILE_ID,
    _SYMBOL,
)

CALL_SITES = (
    _REPO,
    _PATH,
    _LANGUAGE,
    _required("name", "string", "what is called: `join` of `os.path.join(...)`"),
    Column("qualifier", "string", "what stands before it: `os.path`"),
    Column("start_line", "int32", "from 1"),
    Column("start_col", "int32", "from 1"),
    Column("caller", "string", "qualified name of the symbol it stands in; null at the top of a file"),
    Column("caller_kind", "dictionary", "its kind"),
    Column("caller_start_line", "int32", "its first line"),
    _FILE_ID,
    _required("node_id", "int32", "with file_id the row in `refs`"),
    Column("caller_node_id", "int32", "with file_id the caller's row in `symbols`"),
)

IMPORT_GRAPH = (
    _REPO,
    _PATH,
    _required("folder", "string", "its folder, empty for the repository's root"),
    _LANGUAGE,
    Column("target_path", "string", "a file that it imports; null where a folder is meant"),
    _required("target_folder", "string", "that file's folder, or the folder"),
    _required("import_count", "int64", "rows of `import_targets` from one to the other"),
    Column("start_line", "int32", "of the first of them"),
    _FILE_ID,
    Column("target_file_id", "int64", "of the file that is imported"),
)

HOT_SPOTS = (
    _REPO,
    _PATH,
    _LANGUAGE,
    _required("kind", "dictionary", "function or method"),
    _required("name", "string", "as in `symbols`"),
    _required("qualified_name", "string", "with what is around it"),
    Column("start_line", "int32", "from 1"),
    Column("end_line", "int32", "its last one"),
    _LINE_COUNT,
    Column("complexity", "int32", "1 + branches"),
    _required(
        "call_count", "float64", "calls by its name in the repo, divided by the functions of that name there"
    ),
    Column("score", "float64", "complexity * ln(1 + line_count) * ln(2 + call_count)"),
    _FILE_ID,
    _SYMBOL,
)

TODO_COMMENTS = (
    _REPO,
    _PATH,
    _LANGUAGE,
    _required("tag", "string", "TODO, FIXME, XXX or HACK"),
    Column("author", "string", "who stands in brackets after it: `TODO(anna)`"),
    Column("start_line", "int32", "of the tag"),
    _required("text", "string", "the rest of that line"),
    _FILE_ID,
    _required("node_id", "int32", "with file_id the comment's row in `nodes`"),
)

VIEWS: dict[str, tuple[Column, ...]] = {
    "dump_sources": DUMP_SOURCES,
    "import_targets": IMPORT_TARGETS,
    "import_graph": IMPORT_GRAPH,
    "functions": FUNCTIONS,
    "classes": CLASSES,
    "call_sites": CALL_SITES,
    "hot_spots": HOT_SPOTS,
    "todo_comments": TODO_COMMENTS,
}
"""What `connect` computes from the tables when it is queried."""

TREE_TABLES = ("nodes", "symbols", "refs", "imports")
"""Written by workers, the same whatever the number of workers."""

WORKER_TABLES = (*TREE_TABLES, "processed")
"""All that workers write: the rows of trees, and what a user's processors say of files."""

CANCELLED_RANK = 1 << 62
"""What is taken from the `file_id` of a file whose reading was called off where the newest row of a path is
looked for: the file keeps what was read before, if anything was."""

STATUSES = ("ok", "partial", "failed", "skipped", "quarantined", "deleted")

KINDS = (
    "module class interface enum function method field variable parameter type_alias macro "
    "identifier member call type_ref import export "
    "conditional loop jump return try throw async "
    "assignment operator lambda collection string number atom "
    "comment annotation directive block statement token error other"
).split()

ROLES = ("call", "read", "write", "type", "inherit", "decorate")


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a table, as its parts are written."""
    import pyarrow as pa

    types = {
        "int64": pa.int64(),
        "int32": pa.int32(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
        "string": pa.string(),
        "binary": pa.binary(),
        "dictionary": pa.dictionary(pa.int32(), pa.string()),
        "list<string>": pa.list_(pa.string()),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema([pa.field(c.name, types[c.type], nullable=c.nullable) for c in TABLES[table]])
