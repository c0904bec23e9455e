"""Reading a node's own API from the command line and the devnet view. Loopback only, so the standard library is enough."""

import asyncio
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from reporter.errors import ChainError

MAX_BODY = 8 * 1024 * 1024


def get_json(url: str, timeout_s: float = 2) -> Any:
    """The JSON behind a URL, whatever the status (a 503 says why in its body).

    Raises:
        ChainError: Nothing answers there, or not with JSON.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            with opener.open(url, timeout=timeout_s) as response:
                return json.loads(response.read(MAX_BODY))
        except urllib.error.HTTPError as error:
            return json.loads(error.read(MAX_BODY))
    except (OSError, ValueError, HTTPException, RecursionError) as error:
        raise ChainError(
            f"no reporter answers at {url}: {error}", hint="is it running? spotline run"
        ) from None


async def fetch_json(url: str) -> Any:
    """``get_json`` in a thread."""
    return await asyncio.to_thread(get_json, url)
