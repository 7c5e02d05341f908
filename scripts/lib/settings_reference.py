"""Writes docs/settings.md from `store/base/settings.py`: run it after changing a setting (a test compares).

python scripts/lib/settings_reference.py > docs/settings.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from store.base.settings import Settings

HEAD = """\
# Settings
<!-- Written by scripts/lib/settings_reference.py from store/base/settings.py: change that, not this. -->

Every setting has a default that works. It is read from `decroche.toml` in the home folder (another file:
`DECROCHE_CONFIG`), and then from the environment, which wins. A wrong value stops the command with the
setting's name.

```toml
log_level = "debug"

[asterisk]
sip_port = 5071
trunk = "sip.example.fr:5060"
```

is the same as `DECROCHE_LOG_LEVEL=debug DECROCHE_ASTERISK__SIP_PORT=5071 …`: a section and its setting are
joined by two underscores. Lists are JSON in the environment: `DECROCHE_ASTERISK__ALLOW_PREFIXES='["+44"]'`.

Secrets are not settings: each is a file of mode 0600 in `secrets` of the home folder, made when first needed.
"""

FOOT = """
## The scripts' own variables

| variable | default | what it is |
|---|---|---|
| `DECROCHE_CONFIG` | `$DECROCHE_HOME/decroche.toml` | the file of settings |
| `DECROCHE_LLM_API_KEY` | | key of the OpenAI-compatible server (its name is `llm.api_key_env`) |
| `DECROCHE_SKIP_MODELS` | | a container does not fetch models when it starts |
| `KEEP_CACHE` | | `scripts/setup --image` leaves the cache in the image |

## Exit statuses of `decroche`

The same kind of error ends every command alike.

| status | meaning | for example |
|---|---|---|
| 0 | done | |
| 1 | refused (law, balance, state) or failed | the law forbids a call; nobody answered; the audit chain is broken |
| 2 | bad input or usage: the message says what to do | an unknown option; a file that cannot be read or written |
| 3 | done in part: some rows were bad | one of two recordings could not be read (2 when none could) |
| 4 | the named thing does not exist | a tenant, a number, an agent, a call, a model, a voice, a phone |
| 5 | a part is unavailable (see `decroche doctor`) | no service or database; a model missing or damaged; a full disk |
| 70 | a fault of ours; the message says which file holds its trace | |
| 130 | interrupted (Ctrl-C); what the command had started is stopped | 143 when it was told to end (SIGTERM) |
"""


def reference() -> str:
    """The whole page."""
    rows = "\n".join(_row(name, field) for name, field in _plain(Settings))
    sections = "".join(_section(name, model) for name, model in _nested(Settings))
    return f"{HEAD}\n## General\n{_HEADER}{rows}\n{sections}{FOOT}"


def settings_names() -> Iterator[str]:
    """Every setting as a file names it: `home`, `asterisk.sip_port` …"""
    for name, _ in _plain(Settings):
        yield name
    for section, model in _nested(Settings):
        for name, _ in _plain(model):
            yield f"{section}.{name}"


_HEADER = "\n| setting | variable | default | what it is |\n|---|---|---|---|\n"


def _section(name: str, model: type[BaseModel]) -> str:
    rows = "\n".join(_row(f"{name}.{field_name}", field) for field_name, field in _plain(model))
    return f"\n## [{name}]\n{(model.__doc__ or '').strip()}\n{_HEADER}{rows}\n"


def _row(name: str, field: FieldInfo) -> str:
    variable = "DECROCHE_" + name.upper().replace(".", "__")
    allowed = [f"`{value}`" for value in get_args(field.annotation)] if get_origin(field.annotation) is Literal else []
    told = (field.description or "") + (f" ({' or '.join(allowed)})" if len(allowed) > 1 else "")
    return f"| `{name}` | `{variable}` | {_default(field.default)} | {told} |"


def _default(value: Any) -> str:
    return "" if value == "" else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _plain(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return ((name, field) for name, field in model.model_fields.items() if not _is_section(field))


def _nested(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    return ((name, field.annotation) for name, field in model.model_fields.items() if _is_section(field))  # type: ignore


def _is_section(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


if __name__ == "__main__":
    print(reference(), end="")
