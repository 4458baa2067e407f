"""What all pages of figures have around their content. Pure."""

from cli.pages import policy
from cli.render.page.style import STYLE
from cli.render.page.tables import text


def framed(title: str, subtitle: str, body: str) -> str:
    """Return a whole page, which loads nothing. `body` is HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(STYLE)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{text(title)}</title><style>{STYLE}</style></head><body>"
        f'<header><h1>{text(title)}</h1><p class="quiet">{text(subtitle)}</p></header>'
        f"<main>{body}</main></body></html>\n"
    )
