"""In which language a sentence is said: every sentence for people stands in the code in both, Vietnamese first."""

import msgspec

from schooldrum_collector.formats import counted

_EITHER = "vi en"


class Say(msgspec.Struct, frozen=True):
    """`say("Xong.", "Done.")` gives the one of the two that this reader wants (`vi` or `en`)."""

    language: str = "vi"

    @property
    def each(self) -> "tuple[Say, ...]":
        """One for each language that is spoken: for sentences that are put together of parts."""
        return tuple(map(Say, self.language.split()))

    def __call__(self, vietnamese: str, english: str) -> str:
        """The one in this reader's language; the English one may put plurals behind every count."""
        if self.language == _EITHER and vietnamese != english:
            return f"{vietnamese}\n{counted(english)}"
        return counted(english) if self.language == "en" else vietnamese


ENGLISH = Say("en")
"""What logs and programs are told."""
EITHER = Say(_EITHER)
"""Both, a line each: what keeps a program from running, told to a person whose language nobody has named yet."""


def told(trouble: Exception, say: Say) -> str:
    """What an exception says: where it carries its sentence in Vietnamese beside the English one, in either."""
    return say(getattr(trouble, "vietnamese", "") or str(trouble), str(trouble))
