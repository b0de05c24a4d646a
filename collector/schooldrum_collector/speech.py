"""In which language a sentence is said: every sentence for people stands in the code in both, Vietnamese first."""

import msgspec


class Say(msgspec.Struct, frozen=True):
    """`say("Xong.", "Done.")` gives the one of the two that this reader wants (`vi` or `en`)."""

    language: str = "vi"

    def __call__(self, vietnamese: str, english: str) -> str:
        """The one in this reader's language."""
        return english if self.language == "en" else vietnamese
