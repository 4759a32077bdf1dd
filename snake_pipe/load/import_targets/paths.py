"""Imports that are paths of files: relative to the importing file, to a root, or the end of a path."""

# ruff: noqa: S608 - statements are put together from names of our own
from __future__ import annotations

_SCRIPTS = (".js", ".jsx", ".mjs", ".cjs")
_TYPED = (".ts", ".tsx", ".d.ts", ".mts", ".cts", ".d.mts", ".d.cts")
_PLAIN = "bash c cpp css dart html julia make objc php powershell solidity zig".split()


def _indexed(*endings: str) -> tuple[str, ...]:
    return ("", *endings, *(f"/index{ending}" for ending in endings))


_ENDINGS: dict[str, tuple[str, ...]] = {
    "javascript": _indexed(*_SCRIPTS, *_TYPED),
    "typescript": _indexed(*_TYPED, *_SCRIPTS),
    "tsx": _indexed(*_TYPED, *_SCRIPTS),
    "ruby": ("", ".rb"),
    **dict.fromkeys(_PLAIN, ("",)),
}
"""What may be added to a relative path; the first that gives a file counts."""

_ENDING_ROWS = ", ".join(
    f"('{language}', '{ending}', {ord_})"
    for language, endings in _ENDINGS.items()
    for ord_, ending in enumerate(endings)
)

_FROM_ROOT = ("bash", "make", "php", "solidity")
"""Languages whose paths count from the folder in which a program is started, often the repository's root."""

_OWN_FOLDER = r"""^(?:__DIR__|dirname\(__FILE__\))\s*\.\s*['"]/?([^'"]*)['"]$"""
"""PHP's way to say `./`."""

_SYSTEM_HEADERS = (
    "alloca argz assert byteswap complex cpio crypt ctype direct dirent dlfcn endian err errno error "
    "execinfo fcntl features fenv float fmtmsg fnmatch fstab ftw getopt glob grp iconv ifaddrs inttypes "
    "io iso646 langinfo libgen libintl limits link locale malloc math memory mntent monetary mqueue ndbm "
    "netdb nl_types paths poll process pthread pty pwd regex resolv sched search semaphore setjmp sgtty "
    "shadow signal spawn stdalign stdarg stdatomic stdbit stdbool stdckdint stddef stdint stdio stdlib "
    "stdnoreturn string strings stropts syscall sysexits syslog tar termio termios tgmath threads time "
    "trace ucontext ulimit unistd utime utmp utmpx values varargs wait wchar wctype windows winsock2 "
    "wordexp ws2tcpip"
).split()
"""Headers of C, POSIX and systems: a file of that name, for systems that lack it, is not what is meant."""

PATHS = f"""
    endings (language, ending, ord) AS (VALUES {_ENDING_ROWS}),
    written AS MATERIALIZED (  -- the path alone, and where it leads from the importing file's folder
        SELECT id, repo, language, is_relative, CASE language
                   WHEN 'php'
                   THEN coalesce(nullif(regexp_extract(module, $re${_OWN_FOLDER}$re$, 1), ''), module)
                   WHEN 'powershell'
                   THEN regexp_replace(replace(module, '\\', '/'), '^\\$psscriptroot/', '', 'i')
                   ELSE regexp_replace(module, '[?].*$', '') END AS plain,
               CASE WHEN is_relative THEN snake_pipe.joined(from_folder, plain) END AS beside
        FROM sites WHERE module IS NOT NULL AND language IN (SELECT language FROM endings)
    ),
    paths_exact AS (
        SELECT id, repo, ord, 'relative' AS way, ltrim(beside || ending, '/') AS target
        FROM written JOIN endings USING (language) WHERE is_relative
        UNION ALL  -- TypeScript names the file that it will be compiled to
        SELECT id, repo, list_position(['ts', 'tsx', 'd.ts'], typed) - 4, 'relative',
               regexp_replace(beside, '\\.([mc]?)jsx?$',
                              CASE typed WHEN 'd.ts' THEN '.d.\\1ts' ELSE '.\\1' || typed END)
        FROM written, (SELECT unnest(['ts', 'tsx', 'd.ts']) AS typed)
        WHERE is_relative AND language IN ('typescript', 'tsx') AND regexp_matches(plain, '\\.[mc]?jsx?$')
        UNION ALL
        SELECT id, repo, 50, 'root', snake_pipe.joined('', plain)
        FROM written WHERE language IN {_FROM_ROOT} AND NOT starts_with(plain, '.')
    ),
    paths_endings AS (
        SELECT id, repo, 90 AS ord, module AS target
        FROM sites
        WHERE (language IN ('c', 'cpp', 'objc') OR language = 'zig' AND NOT is_relative)
              AND NOT contains(module, '..')
              AND NOT list_contains({_SYSTEM_HEADERS}, regexp_replace(module, '\\.h$', ''))
        UNION ALL
        SELECT id, repo, 90, 'lib/' || regexp_replace(module, '\\.rb$', '') || '.rb'
        FROM sites WHERE language = 'ruby' AND NOT is_relative
        UNION ALL
        SELECT id, repo, 90, regexp_replace(module, '^package:([^/]+)/', '\\1/lib/')
        FROM sites WHERE language = 'dart' AND starts_with(module, 'package:')
        UNION ALL
        SELECT id, repo, 90, replace(module, '.', '/') || unnest(['.lua', '/init.lua'])
        FROM sites WHERE language = 'lua'
    ),
    paths_found AS (  -- a module of Terraform is a folder
        SELECT id, 0 AS ord, 'relative' AS way, NULL::BIGINT AS target_file_id, c.folder AS target_folder
        FROM sites s JOIN (SELECT DISTINCT repo, folder FROM code WHERE language = 'hcl') c
             ON c.repo = s.repo AND c.folder = snake_pipe.joined(from_folder, module)
        WHERE s.language = 'hcl' AND is_relative
    )
    """
