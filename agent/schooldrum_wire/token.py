"""The one string that installs an agent: `sd1.<CA-SHA256>.<id>.<secret>`; it pins the server it is for."""

import re

import msgspec

_TOKEN = re.compile(r"sd1\.([0-9a-f]{64})\.([0-9a-z]{6,32})\.([0-9A-Za-z_-]{43})\Z")


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """`authority` is the SHA-256 (hex) of the office CA's certificate (DER); `secret` has 256 bits."""

    authority: str
    id: str
    secret: str

    def __str__(self) -> str:
        return f"sd1.{self.authority}.{self.id}.{self.secret}"

    def __repr__(self) -> str:
        return f"Token(id={self.id!r})"


def read_token(text: str) -> Token:
    """Takes the string apart.

    Raises:
        ValueError: it is not a whole token; the message never repeats what was given.
    """
    match = _TOKEN.match(text.strip())
    if not match:
        raise ValueError("this is not an install code: it starts with sd1. and has four parts; copy all of it")
    return Token(authority=match[1], id=match[2], secret=match[3])
