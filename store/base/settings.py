"""Every setting, with its default: from `decroche.toml`, then the environment (`DECROCHE_…`).

Nested settings are named with two underscores: `DECROCHE_ASTERISK__SIP_PORT=5070`.
The file is `$DECROCHE_CONFIG`, or `decroche.toml` in the home folder (`$DECROCHE_HOME`).
Secrets are never settings: they are files of mode 0600 under `home/secrets` (`store/base/secrets.py`),
or the variables named in the fields below.
"""

from __future__ import annotations

import os
import re
import socket
import tomllib
from functools import cache
from ipaddress import AddressValueError, IPv4Address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from store.base.errors import BadInput, Unavailable, reason


def own_address(text: str) -> str:
    """An IPv4 address, written as one. Whether it is this machine's is seen when it is listened on."""
    try:
        return str(IPv4Address(text))
    except AddressValueError as error:
        raise ValueError(
            f"{text!r} is no IPv4 address: type 127.0.0.1, one that `ip -br -4 address` shows, or 0.0.0.0 for all"
        ) from error


def loopback(address: str) -> bool:
    """Whether an address, with or without a port or a mask, is this machine's own."""
    host = address.split("/")[0].split(":")[0] if address.count(":") < 2 else address.strip("[]")
    return host in {"localhost", "::1"} or host.startswith("127.")


_NODE = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,62})?")

OwnAddress = Annotated[str, AfterValidator(own_address)]
PublicAddress = Annotated[str, AfterValidator(lambda text: own_address(text) if text else text)]


class Section(BaseModel):
    """A part of the settings. A name it does not know is an error: a typing mistake must not pass for a setting."""

    model_config = ConfigDict(extra="forbid")


class AsteriskSettings(Section):
    """The Asterisk that carries the calls. Ports are on `bind`; RTP takes even ports of the range."""

    bind: OwnAddress = Field(default="127.0.0.1", description="address Asterisk listens on (SIP, RTP)")
    sip_port: int = Field(default=5070, ge=1, le=65535, description="UDP and TCP port for SIP")
    http_port: int = Field(default=8098, ge=1, le=65535, description="ARI and media WebSocket, always on loopback")
    ami_port: int = Field(default=5048, ge=1, le=65535, description="manager interface, always on loopback")
    rtp_first: int = Field(default=20000, ge=1024, le=65535, description="first UDP port for RTP")
    rtp_last: int = Field(default=20199, ge=1024, le=65535, description="last UDP port for RTP")
    trunk: str = Field(default="", description="host[:port] of the operator's SIP trunk; empty: no trunk")
    trunk_peers: list[str] = Field(default=[], description="addresses calls from the trunk come from")
    app: str = Field(default="decroche", description="Stasis application name")
    binary: str = Field(default="", description="an Asterisk ≥ 22 of this machine; empty: the cache's")
    trunk_user: str = Field(default="", description="user name for the trunk; its password is the secret `trunk`")
    stir_shaken_key: str = Field(
        default="", description="private key calls are signed with, PEM of mode 0600; empty: unsigned"
    )
    stir_shaken_certificate: str = Field(default="", description="certificate of that key, PEM, P-256")
    stir_shaken_url: str = Field(default="", description="https address where the far side fetches the certificate")
    stir_shaken_level: Literal["A", "B", "C"] = Field(
        default="A", description="attestation of the numbers tenants may show"
    )
    phones: list[str] = Field(default=[], description="phones that may register, each NAME=+33… or NAME=+33…@TENANT")
    tls_port: int = Field(
        default=0, ge=0, le=65535, description="TCP port for SIP by TLS; phones then encrypt media; 0: none"
    )
    tls_certificate: str = Field(
        default="", description="certificate of this host for SIP by TLS, PEM, its chain with it"
    )
    tls_key: str = Field(default="", description="private key of that certificate, PEM")
    tls_ca: str = Field(
        default="", description="authorities a TLS trunk's certificate is checked by, PEM; empty: the system's"
    )
    public_address: PublicAddress = Field(
        default="",
        description="IPv4 address trunks reach this machine at, where it is behind NAT: said in Contact and SDP",
    )
    local_networks: list[str] = Field(
        default=["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"],
        description="networks on this side of the NAT: they are not told public_address",
    )
    allow_prefixes: list[str] = Field(default=[], description="prefixes that may be called beyond France, as +44")
    proxies: list[OwnAddress] = Field(
        default=[], description="addresses of Kamailio in front of this node: it says which trunk a call comes by"
    )

    @model_validator(mode="after")
    def _a_range_has_room(self) -> Self:
        """A call takes two ports, an even one and the next."""
        if self.tls_port and not (self.tls_certificate and self.tls_key):
            raise ValueError("tls_port is set: tls_certificate and tls_key name the files that it needs")
        if self.rtp_last <= self.rtp_first:
            raise ValueError(f"rtp_last {self.rtp_last} is not above rtp_first {self.rtp_first}")
        return self


def _node(text: str) -> str:
    """NAME=ADDRESS[:PORT], as Kamailio's list of nodes has them."""
    name, _, at = text.partition("=")
    host, _, port = at.partition(":")
    if not _NODE.fullmatch(name) or not name or (port and not (port.isdecimal() and 0 < int(port) < 65536)):
        raise ValueError(f"{text!r} is no NAME=ADDRESS[:PORT], such as paris=10.0.0.11:5060")
    return f"{name}={own_address(host)}:{port or 5060}"


class KamailioSettings(Section):
    """Kamailio before several nodes: it gives each call of a trunk to one of them (`decroche kamailio render`)."""

    bind: OwnAddress = Field(default="127.0.0.1", description="address carriers reach it at")
    port: int = Field(default=5060, ge=1, le=65535, description="UDP and TCP port, towards carriers and nodes")
    public_address: PublicAddress = Field(default="", description="what it says of itself, where `bind` is behind NAT")
    inside: PublicAddress = Field(
        default="", description="its address towards the nodes, where that is another than `bind`"
    )
    nodes: list[Annotated[str, AfterValidator(_node)]] = Field(
        default=[], description="nodes, each NAME=ADDRESS[:PORT]"
    )
    most_a_second: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="calls that may begin within a second from one address; beyond them: 503",
    )


class DatabaseSettings(Section):
    """Empty DSNs mean the embedded PostgreSQL."""

    url: str = Field(default="", description="DSN of the service's role; it must not bypass row-level security")
    admin_url: str = Field(default="", description="DSN of a role that may migrate (owner of the schema)")
    portal_url: str = Field(
        default="", description="DSN of the web's role, a member of decroche_portal alone; needed with `url`"
    )
    pool_max: int = Field(default=8, ge=1, description="most connections held by one process")


def _listened_on(text: str) -> str:
    """HOST:PORT, as something listens there."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is no HOST:PORT, such as 127.0.0.1:8096")
    return text


Server = Annotated[str, AfterValidator(_listened_on)]


class AsrSettings(Section):
    """The ear."""

    engine: str = Field(
        default="faster-whisper", description="speech-to-text engine: faster-whisper, or wyoming (on other machines)"
    )
    servers: list[Server] = Field(
        default=[], description="HOST:PORT of Wyoming servers that hear, for engine = wyoming"
    )
    server_seconds: float = Field(
        default=4.0, gt=0, le=60, description="longest wait for a text; then the next is asked"
    )
    local: bool = Field(
        default=True, description="with servers: an ear of this machine hears while none of them answers"
    )
    model: str = Field(default="", description="model name; empty: the default for the device")
    beam: int = Field(default=1, ge=1, description="beam width of the short-window pass")
    threads: int = Field(default=0, ge=0, description="CPU threads; 0: all cores")
    workers: int = Field(default=1, ge=1, description="utterances transcribed at the same time")


class TtsSettings(Section):
    """The voice."""

    voice_fr: str = Field(default="", description="French voice; empty: the best one present")
    voice_en: str = Field(default="", description="English voice; empty: the best one present")
    servers: list[Server] = Field(default=[], description="HOST:PORT of Wyoming servers that speak")
    server_voice_fr: str = Field(default="", description="the French voice's name there; empty: they speak no French")
    server_voice_en: str = Field(default="", description="the English voice's name there; empty: they speak no English")
    server_seconds: float = Field(
        default=4.0, gt=0, le=60, description="longest wait for a clause; then the next is asked"
    )
    local: bool = Field(default=True, description="with servers: the best voice here speaks while none of them answers")
    cache_mb: int = Field(default=200, ge=0, description="size of the cache of ready speech on disk, MB")
    mark_key: str = Field(
        default="decroche", min_length=1, max_length=200,
        description="key of the inaudible mark in all synthetic speech; who knows it can find the mark",
    )  # fmt: skip


class LlmSettings(Section):
    """The mind."""

    engine: str = Field(default="llama-cpp", description="llama-cpp (in process) or openai (any compatible server)")
    model: str = Field(default="", description="model name; empty: the default for the device")
    leads: Literal["auto", "never", "always"] = Field(
        default="auto",
        description="the model chooses an agent's moves; auto: on a server, or from 7 billion parameters on",
    )
    base_url: str = Field(default="", description="OpenAI-compatible server, for engine = openai")
    other_urls: list[str] = Field(
        default=[], description="further such servers, with the same model: asked where one is away"
    )
    api_key_env: str = Field(default="DECROCHE_LLM_API_KEY", description="environment variable that holds its key")
    threads: int = Field(default=0, ge=0, description="CPU threads; 0: all cores")
    context: int = Field(default=8192, ge=512, description="tokens of context shared by all calls")
    calls: int = Field(default=8, ge=1, description="calls that may think at the same time")


class ModelSettings(Section):
    """Where model files come from."""

    hub: str = Field(default="https://huggingface.co", description="model hub, the first source")
    mirror: str = Field(default="", description="http(s) address or folder holding NAME/FILE, tried before all else")
    offline: bool = Field(default=False, description="never touch the network")
    catalogue: str = Field(default="", description="file of further models, written as store/weights/catalogue.toml is")


class BillingSettings(Section):
    """Telling clients and the operator, and Stripe's web hook."""

    webhook_bind: OwnAddress = Field(
        default="127.0.0.1", description="address Stripe's web hook is heard on, behind a proxy with TLS"
    )
    webhook_port: int = Field(
        default=8097, ge=0, le=65535, description="port; open when the secrets stripe-key and stripe-webhook are set"
    )
    stripe_url: str = Field(
        default="", description="another address than Stripe's, such as a simulator's; empty: Stripe"
    )
    smtp: str = Field(
        default="127.0.0.1:25", description="host:port of the mail server for notices; STARTTLS unless it is here"
    )
    smtp_user: str = Field(default="", description="account at that server; its password is the secret `smtp-password`")
    mail_from: str = Field(default="decroche@localhost", description="sender of those mails")
    sms_url: str = Field(
        default="", description="http(s) gateway that takes {to, text} as JSON and sends an SMS; empty: none"
    )
    operator_email: str = Field(default="", description="where the operator is told by e-mail")
    operator_webhook: str = Field(default="", description="where the operator's systems are told")
    operator_phone: str = Field(default="", description="where the operator is told by SMS, +33…")
    day_begins: int = Field(default=8, ge=0, le=23, description="hour in Paris from which the day's reminders are sent")


class PortalSettings(Section):
    """The clients' pages and API, by `decroche portal`."""

    bind: Server = Field(
        default="127.0.0.1:8096", description="host:port the portal listens on; browsers come by a proxy with TLS"
    )
    url: str = Field(
        default="http://127.0.0.1:8096",
        description="the site's public address: links in mails, and where passkeys hold",
    )
    operator_url: str = Field(
        default="", description="the operator's site's public address, where passkeys hold there; empty: none do"
    )


class ChatSettings(Section):
    """Agents in writing on clients' sites, served by `decroche portal`."""

    serve: bool = Field(
        default=False,
        description="`decroche portal` answers there; its process then holds the service's role in the database",
    )
    at_once: int = Field(default=20, ge=1, le=1000, description="conversations of one client that go on at once")
    answers: int = Field(default=4, ge=1, le=64, description="lines understood at once by one process; others wait")
    answer_seconds: float = Field(
        default=12, gt=0, le=60, description="a line is understood within so long, else by the rules alone"
    )
    idle_minutes: int = Field(
        default=15, ge=1, le=60, description="a conversation is over after so long without a line"
    )
    most_minutes: int = Field(
        default=60, ge=1, le=240, description="and so long after its beginning, whatever is written"
    )
    mind: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="the language model is asked: auto, where it is a server's (one loaded here would be loaded twice)",
    )


class OutwardSettings(Section):
    """Requests to addresses that clients write."""

    allowed: list[str] = Field(
        default=[], description="host:port that may be asked though private, on another port than 443 or without TLS"
    )


class CallSettings(Section):
    """Bounds of one call."""

    max_seconds: int = Field(default=900, ge=1, description="a call is ended politely after this long")
    max_leg_seconds: int = Field(
        default=7200,
        ge=1,
        description="a caller talks so long at most with whom they are put through to, or a fallback",
    )
    briefing_seconds: int = Field(
        default=12, ge=2, le=30, description="whoever is asked to take a transferred call is waited for so long, twice"
    )
    silence_seconds: int = Field(default=60, ge=1, description="a caller silent this long is taken leave of")
    ring_seconds: int = Field(default=30, ge=1, description="an outbound call rings at most this long")
    least_gap_hours: int = Field(
        default=24,
        ge=0,
        le=24 * 60,
        description="hours between two calls that ring a person, whoever orders them; 0: none",
    )
    kept_for_in: int = Field(default=2, ge=0, description="calls at once that campaigns leave to callers")
    most: int = Field(default=30, ge=0, description="calls in progress at once, in all; 0: any number")
    when_full: Literal["fallback", "503"] = Field(
        default="fallback",
        description="beyond that: the client's fallback, else an apology; 503: at once, for another node, and while no"
        " call is taken",
    )
    most_of_a_client: int = Field(default=10, ge=0, description="… of one client; 0: any number")
    most_from_a_caller: int = Field(default=3, ge=0, description="… from one caller's number; 0: any number")
    most_a_second: int = Field(default=10, ge=0, description="calls taken within a second; 0: any number")


class MetricsSettings(Section):
    """What a monitoring system reads of the running service: /metrics, /healthz, /readyz."""

    bind: OwnAddress = Field(default="127.0.0.1", description="address it is read at")
    port: int = Field(default=9466, ge=0, le=65535, description="port; 0: it is read by nobody")


class WorkSettings(Section):
    """What is done after calls, by `decroche work`."""

    analyse_within: int = Field(
        default=60,
        ge=1,
        description="minutes after a call's end within which a summary is made of it; later it is skipped",
    )
    threads: int = Field(
        default=0, ge=0, description="CPU threads of the worker's mind; 0: all cores, when nobody needs them"
    )


class BackupSettings(Section):
    """Backups of everything, by `decroche backup`."""

    recipient: str = Field(
        default="", description="public key of age that backups are encrypted to, age1…; several apart by spaces"
    )
    folder: str = Field(
        default="", description="where backups lie, another disk or a mount; empty: `backups` in the home"
    )
    days: int = Field(default=7, ge=1, description="days that keep their newest backup")
    weeks: int = Field(default=5, ge=0, description="weeks that keep their newest backup")
    months: int = Field(default=12, ge=0, description="months that keep their newest backup")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="DECROCHE_", env_nested_delimiter="__", extra="forbid")

    home: Path = Field(
        default=Path("~/.local/share/decroche"), description="state: database, secrets, logs, recordings"
    )
    cache: Path = Field(default=Path("~/.cache/decroche"), description="what can be fetched or built again")
    node: str = Field(
        default="",
        pattern=f"^{_NODE.pattern}$",
        description="this machine among those of one database; empty: its host name",
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="where the models run")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level logged")
    asterisk: AsteriskSettings = AsteriskSettings()
    kamailio: KamailioSettings = KamailioSettings()
    database: DatabaseSettings = DatabaseSettings()
    asr: AsrSettings = AsrSettings()
    tts: TtsSettings = TtsSettings()
    llm: LlmSettings = LlmSettings()
    models: ModelSettings = ModelSettings()
    call: CallSettings = CallSettings()
    outward: OutwardSettings = OutwardSettings()
    portal: PortalSettings = PortalSettings()
    chat: ChatSettings = ChatSettings()
    billing: BillingSettings = BillingSettings()
    metrics: MetricsSettings = MetricsSettings()
    work: WorkSettings = WorkSettings()
    backup: BackupSettings = BackupSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file (which arrives as init values)."""
        return env_settings, init_settings

    def model_post_init(self, context: Any, /) -> None:
        self.home = self.home.expanduser().absolute()
        self.cache = self.cache.expanduser().absolute()
        self.node = self.node or socket.gethostname()

    def folder(self, *names: str) -> Path:
        """A private folder under the home folder, made when missing; each folder on the way to it is 0700 too."""
        path = self.home
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            for name in names:
                path = path / name
                path.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise Unavailable(
                f"{path} cannot be made: {error.strerror}", hint="set DECROCHE_HOME to a folder of yours", code="home"
            ) from error
        return path


@cache
def settings() -> Settings:
    """The process's settings, read once. Raises BadInput naming the setting that is wrong."""
    home = Path(os.environ.get("DECROCHE_HOME", "~/.local/share/decroche")).expanduser()
    path = Path(os.environ.get("DECROCHE_CONFIG", home / "decroche.toml")).expanduser()
    values: dict[str, Any] = {}
    try:
        if path.exists() or "DECROCHE_CONFIG" in os.environ:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings(**values)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path}: {error}", hint="mend the file, or move it away to use the defaults") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"{path}: {reason(error)}", hint="name a TOML file in UTF-8, or unset DECROCHE_CONFIG"
        ) from error
    except SettingsError as error:
        raise _unreadable(error) from error
    except ValidationError as error:
        raise _wrong(error, path) from error


def _unreadable(error: SettingsError) -> BadInput:
    """A variable that is to hold JSON (a list, a whole section) and does not."""
    value = getattr(error.__cause__, "doc", None)
    names = [name for name, held in os.environ.items() if name.upper().startswith("DECROCHE_") and held == value]
    return BadInput(
        f"{names[0] if names else 'a DECROCHE_… variable'}: {value or ''} is not JSON",
        hint="""in the environment a list is written '["+44", "+32"]'""",
    )


def _wrong(error: ValidationError, path: Path) -> BadInput:
    """The first wrong setting, and where its value came from: that is where it is to be mended."""
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    said = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        said = "there is no such setting (docs/settings.md has them all)"
    variable = f"DECROCHE_{'__'.join(where)}".upper()
    in_environment = any(name.upper().startswith(variable) for name in os.environ)
    mend = f"mend {variable} in the environment" if in_environment else f"mend it in {path} (or set {variable})"
    return BadInput(f"setting {'.'.join(where)}: {said}", hint=mend)
