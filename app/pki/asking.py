"""Asking others over HTTP: bounded in time and in bytes, whoever answers."""

import asyncio

import httpx

from app.ports.pki import Unanswered


async def asked(
    client: httpx.AsyncClient, url: str, content: bytes, content_type: str, *, within_s: float, bytes_max: int
) -> bytes:
    """The body of a 200 to a POST. Raises `Unanswered`; redirects are not followed, an answer too long is not read."""
    body = bytearray()
    try:
        async with (
            asyncio.timeout(within_s),
            client.stream(
                "POST",
                url,
                content=content,
                headers={"Content-Type": content_type},
                timeout=within_s,
                follow_redirects=False,
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
