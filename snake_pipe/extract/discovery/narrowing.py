"""What a command line asks for beyond a project's rules: of files outside of that, a walk says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snake_pipe.extract.paths.patterns import PathPatterns

if TYPE_CHECKING:
    from collections.abc import Collection

    from snake_pipe.extract.discovery.request import IngestRequest


class Narrowing:
    """The part of a request's selection that was given with it, and not by the project's settings."""

    def __init__(self, request: IngestRequest) -> None:
        narrowed: Collection[str] = request.narrowed or ()
        # Which files `.gitignore` leaves out is not known here: so nothing counts as reached.
        self._reaches_none = "use_gitignore" in narrowed
        self._languages = frozenset(request.languages if "languages" in narrowed else ())
        self._included = PathPatterns(request.include) if "include" in narrowed else None
        self._excluded = PathPatterns(request.exclude) if "exclude" in narrowed else None

    def reaches(self, name: str, queue: str) -> bool:
        """Whether it takes in a file, by its path below the root and its language (or `ast`).

        Where a complete walk has not seen such a file, the rules leave it out.
        """
        return not (
            self._reaches_none
            or (self._languages and queue not in self._languages)
            or (self._included is not None and not self._included.match_file(name))
            or (self._excluded is not None and self._excluded.match_file(name))
        )
