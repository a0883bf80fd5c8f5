"""Wait tokens, and their signatures."""

from __future__ import annotations

from . import _native


class WaitToken(str):
    """A string with which any process can resume a wait. Install, wait and error objects have it as ``token``.

    It is a ``str``: store it, and pass it or the stored string to ``connectors.resume`` or ``wait_all``. It contains no
    secrets.

    The token is not signed, so anyone who can change it can make a wait follow another connector of the workspace. If
    it travels through a URL or a client that you do not trust, pass the result of ``sign`` instead, and read it with
    ``verify``.

    Example:
        ```python
        signed = install.token.sign(signing_key)

        # When the URL with the signed token is requested:
        token = WaitToken.verify(signed, signing_key)
        ready = workspace.connectors.resume(token).until_ready(timeout=0)
        ```
    """

    __slots__ = ()

    def sign(self, key: str | bytes) -> str:
        """Return the token as one line with a signature, safe in a URL: HMAC-SHA256 with this key.

        The signature shows that the token was not changed. It hides nothing, and it does not expire.

        Args:
            key: The signing key. Use at least 32 random bytes, and keep it secret. A string is encoded as UTF-8.

        Returns:
            The signed token. Read it with ``verify`` and the same key.

        Raises:
            TypeError: The key is neither a string nor bytes.
            InvalidInputError: The key is empty, or this string is not a wait token.
        """
        return _native.sign_wait_token(self, _key_bytes(key))

    @classmethod
    def verify(cls, signed: str, key: str | bytes) -> WaitToken:
        """Read a token that ``sign`` has signed with this key.

        Args:
            signed: The signed token. Surrounding white space is ignored.
            key: The signing key.

        Returns:
            The token, which ``connectors.resume`` accepts.

        Raises:
            TypeError: An argument has a wrong type.
            InvalidInputError: The token is not signed, was changed, or was signed with another key.
        """
        return cls(_native.verify_wait_token(signed, _key_bytes(key)))


def _key_bytes(key: object) -> bytes:
    if isinstance(key, str):
        return key.encode()
    if isinstance(key, bytes):
        return key
    raise TypeError(f"key: expected a str or bytes, got {type(key).__name__}")
