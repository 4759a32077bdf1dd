import os, a.b as c
from . import x as y
from .m import *


@dec(1)
async def f(a, b: int = 3) -> List[int]:
    """Says f."""
    local = os.path.join(a, b)
    self.y += local
    return [q for q in a if q and b]


class A(B, metaclass=M):
    # counts
    # things
    z: int = 3

    def __init__(self): ...

    @property
    def _p(self): ...


X, Y = 1, 2
