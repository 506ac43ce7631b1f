"""What can go wrong, and what the caller should do about it.

::

    ModerationError
    ├── PageError            skip: this page cannot be judged, go on with the next one
    │   ├── EmptyPage          nothing in it
    │   ├── BinaryPage         not text (an image, an archive, random bytes)
    │   ├── PageTooLarge       larger than the limit
    │   ├── UnreadablePage     the file or stream cannot be read
    │   └── MalformedRow       a row of a JSON Lines file that holds no page
    ├── LabelError           skip: labelled data does not say what this page is, or says what cannot be
    ├── ModelError           stop: no verdict can be given with this model
    │   ├── ModelNotFound      no such folder or files
    │   ├── ModelDamaged       a file does not match its digest, or what it holds makes no verdict
    │   └── ModelProtocol      written for another version of this package
    ├── PolicyError          stop: the policy file says something that cannot be meant
    ├── AuditError           stop: an audit cannot begin or go on
    ├── ServiceError         stop: a service cannot begin, or cannot keep what it was told
    └── DataSetError         stop: a data set of the training is missing or does not match its digest

Every message names the input and the fix. ``code`` is the stable word for machines.
"""

from __future__ import annotations

__all__ = [
    "AuditError",
    "BinaryPage",
    "DataSetError",
    "EmptyPage",
    "LabelError",
    "MalformedRow",
    "ModelDamaged",
    "ModelError",
    "ModelNotFound",
    "ModelProtocol",
    "ModerationError",
    "PageError",
    "PageTooLarge",
    "PolicyError",
    "ServiceError",
    "UnreadablePage",
]


class ModerationError(Exception):
    """Base of every error this package raises on purpose."""

    code = "error"


class PageError(ModerationError):
    """A page that cannot be judged. Skip it, count it, go on.

    Args:
        message: what is wrong and what to do about it.
        where: the input it was found in.
    """

    code = "page"

    def __init__(self, message: str, where: str = "hook") -> None:
        super().__init__(message)
        self.where = where

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": str(self)}


class EmptyPage(PageError):
    code = "empty"


class BinaryPage(PageError):
    code = "binary"


class PageTooLarge(PageError):
    code = "too-large"


class UnreadablePage(PageError):
    code = "unreadable"


class MalformedRow(PageError):
    code = "malformed-row"


class LabelError(ModerationError):
    """What somebody says of a page cannot be used. Skip it, count it, go on."""

    code = "label"


class ModelError(ModerationError):
    """The model cannot be used. Stop."""

    code = "model"


class ModelNotFound(ModelError):
    code = "model-not-found"


class ModelDamaged(ModelError):
    code = "model-damaged"


class ModelProtocol(ModelError):
    code = "model-protocol"


class PolicyError(ModerationError):
    """A policy that cannot be used. Stop."""

    code = "policy"


class DataSetError(ModerationError):
    """A data set of the training is missing or is not the one that was named. Stop."""

    code = "data-set"


class ServiceError(ModerationError):
    """A service that cannot be begun as it is configured, or cannot keep what it was told. Stop."""

    code = "service"


class AuditError(ModerationError):
    """An audit that cannot begin or go on; what it has written stays. Stop."""

    code = "audit"
