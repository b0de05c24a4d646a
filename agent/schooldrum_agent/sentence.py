"""What a person reads, in Vietnamese and in English: one value, so that neither is ever taken for the other."""

import msgspec


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """The same in both languages; as a text it is both, Vietnamese first."""

    vietnamese: str
    english: str

    def __str__(self) -> str:
        return f"{self.vietnamese}\n{self.english}"
