"""The pages that commands write: HTML, style sheets and scripts, each in a folder of its own.

A page is one file that loads nothing. Its policy allows only its own style sheet and script.
"""

import base64
import hashlib
import re
from html import escape
from importlib.resources import files
from string import Template

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|class|function)", re.MULTILINE)


def rendered(folder: str, *, data: str, texts: dict[str, str], html: dict[str, str]) -> str:
    """Return the page of a folder, which has `page.html`, `page.css` and `main.js`.

    Args:
        data: JSON for the script, without `<`.
        texts: Texts for the page by their names in it; they are escaped.
        html: The same, which is not escaped.
    """
    style, code = _read(folder, "page.css"), script(folder)
    return Template(_read(folder, "page.html")).substitute(
        {name: escape(text) for name, text in texts.items()},
        policy=policy(style, code),
        style=style,
        script=code,
        data=data,
        **html,
    )


def policy(style: str, code: str | None = None) -> str:
    """Return the Content-Security-Policy that allows this style sheet and this script alone.

    Source: W3C, "Content Security Policy Level 3", 2.3.1, `hash-source`, and 6.1.
    """
    allowed = f"default-src 'none'; style-src '{_hash(style)}'"
    if code is not None:
        allowed += f"; script-src '{_hash(code)}'"
    return f"{allowed}; base-uri 'none'; form-action 'none'"


def script(folder: str) -> str:
    """Return `main.js` and the modules that it imports as one module, each behind its imports.

    The modules share one scope there, so a name may be defined only once: a browser refuses the
    script otherwise.
    """
    modules: dict[str, str] = {}
    _collect(folder, "main", modules)
    return "\n".join(modules.values())


def _collect(folder: str, module: str, modules: dict[str, str]) -> None:
    text = _read(folder, f"{module}.js")
    for other in _IMPORT.findall(text):
        if other not in modules:
            _collect(folder, other, modules)
    modules[module] = _EXPORT.sub("", _IMPORT.sub("", text))


def _read(folder: str, name: str) -> str:
    return files(__name__).joinpath(folder, name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
