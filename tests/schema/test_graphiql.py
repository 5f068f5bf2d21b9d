"""The editor at /graphql comes from our own files and asks no other host."""

import re

import httpx


async def test_the_editor_and_all_it_loads_are_served_by_us(http: httpx.AsyncClient) -> None:
    page = (await http.get("/graphql", headers={"Accept": "text/html"})).text
    assert not re.search(r"(src|href)=\"(https?:)?//", page)
    files = re.findall(r"(?:src|href)=\"(/graphiql/[^\"]+)\"", page)
    assert len(files) == 5, "run: make schema/static/graphiql/installed"
    for file in files:
        answer = await http.get(file)
        assert answer.status_code == 200 and len(answer.content) > 5_000
    assert (await http.get("/graphiql/../api.py")).status_code == 404
