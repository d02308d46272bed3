"""Waiting for what the server does."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def wait_for(work: Coroutine[Any, Any, Any]) -> Any:
    """Its result; in a thread of its own, as tests that drive a browser leave an event loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
