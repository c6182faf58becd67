"""What is wrong with a feed, in the words of who reads it."""

from tuf.api import exceptions

from convox.errors import FeedError, FeedStale, FeedUnreachable, FeedUntrusted

_COPY = "use a copy of the feed that is up to date"
_AGAIN = "copy or publish the feed again"
_UNSIGNED = (
    "it is not signed by enough of those whom this rack trusts: {}; check that it is the feed the"
    " rack was installed from"
)
_MIXED = f"its parts do not belong together: {{}}; {_AGAIN}"
_OLDER = f"it is not as new as what this rack has seen of it: {{}}; {_COPY}"

_MEANING: tuple[tuple[type[Exception], str, str], ...] = (
    (
        exceptions.ExpiredMetadataError,
        "",
        "it is stale: {}; its publisher has to sign it again (convox-feed sign)",
    ),
    (exceptions.BadVersionNumberError, "must be >=", _OLDER),
    (exceptions.BadVersionNumberError, ".json version", _OLDER),
    (exceptions.BadVersionNumberError, "", _MIXED),
    (
        exceptions.UnsignedMetadataError,
        "",
        _UNSIGNED,
    ),
    (
        exceptions.LengthOrHashMismatchError,
        "",
        f"a file is not the one that was signed: {{}}; {_AGAIN}",
    ),
    (
        exceptions.DownloadLengthMismatchError,
        "",
        f"a file is longer than it may be: {{}}; {_AGAIN}",
    ),
    (exceptions.RepositoryError, "", f"a file is not whole: {{}}; {_AGAIN}"),
)
"""By the kind of TUF's error and what its text has, the first that fits."""


def explain(url: str, error: Exception) -> FeedError:
    """Return what an error of TUF means to whoever reads the feed."""
    for kind, words, meaning in _MEANING:
        if isinstance(error, kind) and words in str(error):
            is_stale = kind is exceptions.ExpiredMetadataError
            found = FeedStale if is_stale else FeedUntrusted
            return found(f"cannot trust feed {url}: {meaning.format(error)}")
    reason = error.__cause__ or error
    return FeedUnreachable(
        f"cannot reach feed {url}: {reason}; check the address and the network, the rack goes on as"
        " it is"
    )
