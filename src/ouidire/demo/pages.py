"""The pretended networks as a person sees them."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, Template
from starlette.responses import HTMLResponse

from ouidire.demo.network import Network


@cache
def _template(name: str) -> Template:
    return Environment(loader=PackageLoader("ouidire.demo"), autoescape=True).get_template(name)


def wall_page(network: Network) -> HTMLResponse:
    """The newest posts of a network."""
    return HTMLResponse(_template("network.html").render(network=network, posts=network.latest(), alone=""))


def thread_page(network: Network, post_id: str) -> HTMLResponse:
    """One conversation in the order it was written, the asked-for post marked."""
    posts = network.thread(post_id)
    body = _template("network.html").render(network=network, posts=posts, alone=post_id)
    return HTMLResponse(body, 200 if posts else 404)
