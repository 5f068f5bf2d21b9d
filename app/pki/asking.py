"""Asking others over HTTP: bounded in time and in bytes, whoever answers."""

import asyncio

import httpx

from app.ports.pki import Unanswered


async def asked(
    client: httpx.AsyncClient, url: str, content: bytes, content_type: str, *, within_s: float, bytes_max: int
) -> bytes:
    """The body of a 200 to a POST. Raises `Unanswered`; redirects are not followed, an answer too long is not read."""
    headers = {"Content-Type": content_type}
    return await _read(client, "POST", url, content, headers, within_s=within_s, bytes_max=bytes_max)


async def fetched(client: httpx.AsyncClient, url: str, *, within_s: float, bytes_max: int) -> bytes:
    """As `asked`, by a GET."""
    return await _read(client, "GET", url, None, {}, within_s=within_s, bytes_max=bytes_max)


async def _read(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    content: bytes | None,
    headers: dict[str, str],
    *,
    within_s: float,
    bytes_max: int,
) -> bytes:
    body = bytearray()
    try:
        async with (
            asyncio.timeout(within_s),
            client.stream(
                method, url, content=content, headers=headers, timeout=within_s, follow_redirects=False
            ) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise Unanswered(f"{url}: status {answer.status_code}")
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > bytes_max:
                    raise Unanswered(f"{url}: more than {bytes_max} bytes")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        raise Unanswered(f"{url}: {type(error).__name__}") from error
    return bytes(body)
