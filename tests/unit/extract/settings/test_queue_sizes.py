from __future__ import annotations

import pytest

from snake_pipe.errors import ConfigError
from snake_pipe.extract.settings.queue_sizes import QueueSize, parse_queue_sizes


def test_sizes_of_queues():
    assert parse_queue_sizes(["python=100", " ast = 16MiB ", "python=4MB", "go=2k", "c=100 B"]) == {
        "python": QueueSize(100, 4_000_000),
        "ast": QueueSize(None, 16 << 20),
        "go": QueueSize(2000, None),
        "c": QueueSize(None, 100),
    }


@pytest.mark.parametrize(
    "text", ["python", "python=", "=3", "python=0", "python=0B", "python=-1", "a=16MiX", "a=B"]
)
def test_sizes_that_cannot_be_read(text):
    with pytest.raises(ConfigError) as caught:
        parse_queue_sizes([text])
    assert repr(text) in caught.value.message
    assert "python=100" in caught.value.hint
