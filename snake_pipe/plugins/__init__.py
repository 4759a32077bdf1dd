"""What others can add, and what is built in: languages, dialects, batching strategies, processors, sinks.

The layer between the engine and `transform`: what needs only names and versions asks here, and imports no
parser. Packages offer plugins by entry points, each kind in a group of its own; `module:name` stands for an
object of any module that can be imported.
"""

from snake_pipe.plugins.batching import BatchingStrategy, BatchSettings, BatchTarget, WaitingFile
from snake_pipe.plugins.dialects import (
    ast_version,
    check_tree,
    describe_dialect_file,
    describe_dialects,
    dialect_texts,
    is_current_parser,
    own_dialects,
    tree_versions,
)
from snake_pipe.plugins.languages import (
    AST_QUEUE,
    DATA_OR_TREES,
    deciding_endings,
    default_languages,
    describe_languages,
    language_names,
    parser_versions,
    queue_of_head,
    queue_of_name,
    shared_endings,
)
from snake_pipe.plugins.processors import Processor
from snake_pipe.plugins.sinks import Flush, FlushKey, Sink

__all__ = [
    "AST_QUEUE",
    "DATA_OR_TREES",
    "BatchSettings",
    "BatchTarget",
    "BatchingStrategy",
    "Flush",
    "FlushKey",
    "Processor",
    "Sink",
    "WaitingFile",
    "ast_version",
    "check_tree",
    "deciding_endings",
    "default_languages",
    "describe_dialect_file",
    "describe_dialects",
    "describe_languages",
    "dialect_texts",
    "is_current_parser",
    "language_names",
    "own_dialects",
    "parser_versions",
    "queue_of_head",
    "queue_of_name",
    "shared_endings",
    "tree_versions",
]
