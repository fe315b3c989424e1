"""The environment, read once, typed: every `REFINE_*` variable, its range and its default.

Knows: names, types and limits of the settings, and how to say in one sentence what is wrong with one.
Does not know: what is built from them (assembly) or where the app is served (Gradio's own variables do that).
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from refine.arms import ARMS
from refine.metrics import metrics_of
from refine.profiles import PROFILES
from refine.protocol import ARMS_BEFORE

PREFIX = "REFINE_"

FEEDBACK = "REFINE_FEEDBACK"
"""Said before `REFINE_ARMS` who sees scores, and is still read."""


class SettingsError(Exception):
    """A setting has a wrong value. The message has a line for each, naming variable, value and what is allowed."""


def _database(url: SecretStr) -> SecretStr:
    # Another SQLite file would belong to no data folder, and so to any number of servers.
    if not re.match(r"postgres(ql)?(\+psycopg)?://", url.get_secret_value()):
        raise ValueError("it does not begin with postgresql://; leave it empty for a SQLite file in the data folder")
    return url


def _replica(repo: str, others: ValidationInfo) -> str:
    if repo and repo.lower() == others.data.get("dataset_repo", "").lower():  # the Hub tells no case apart
        raise ValueError("it is the dataset of REFINE_DATASET_REPO, and the replica needs one of its own")
    return repo


def _profile(name: str) -> str:
    if name not in PROFILES:
        raise ValueError("there is no such profile")
    return name


def _arms(ids: str) -> str:
    named = [name.strip() for name in ids.split(",")]
    if unknown := [name for name in named if name not in ARMS]:
        raise ValueError(f"there is no arm {', '.join(map(repr, unknown))}")
    if len(set(named)) < len(named):
        raise ValueError("an arm is named twice")
    return ",".join(arm for arm in ARMS if arm in named)


def _metrics(names: str, others: ValidationInfo) -> str:
    if "profile" in others.data:  # else it is refused already
        metrics_of(others.data["profile"], _listed(names))
    return names


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


class Settings(BaseSettings):
    """What a researcher can set. `None` means: as the profile has it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    profile: Annotated[str, AfterValidator(_profile)] = Field(
        "world",
        description="which weights draw and compare: `world` (embedded, any laptop) or `paper` (SD3 medium, a GPU)",
    )
    metrics: Annotated[str, AfterValidator(_metrics)] = Field(
        "",
        description="ids of the metrics that compare, separated by commas, see [the metrics](#the-metrics); empty: the paper's "
        "four, as the profile has them",
    )
    data_dir: Path = Field(Path("data"), description="folder that keeps journal, pictures, targets and dataset")
    database_url: Annotated[SecretStr, AfterValidator(_database)] | None = Field(
        None,
        description="database of the journal, `postgresql://user:password@host/name` (not through a pooler), a secret; "
        "empty: a SQLite file in the data folder",
    )
    dataset_repo: str = Field(
        "",
        pattern=r"^$|^[\w.-]+/[\w.-]+$",
        description="Hub dataset `owner/name` that finished sessions are pushed to; empty: local folder only",
    )
    dataset_license: str = Field(
        "cc-by-4.0",
        pattern=r"^[a-z0-9.-]+$",
        description="licence of the dataset as the Hub abbreviates it, such as `cc-by-4.0` or `cc0-1.0`",
    )
    replica: Annotated[str, AfterValidator(_replica)] = Field(
        "",
        pattern=r"^$|^[\w.-]+/[\w.-]+$",
        description="private Hub dataset `owner/name` that keeps unfinished sessions over a restart of the Space, one for "
        "each server; empty: none",
    )
    admin_token: SecretStr | None = Field(
        None,
        min_length=16,
        description="opens the researcher's tab (state of the push to the Hub), 16 characters or more, a secret; on a "
        "Space with sign-in its owner needs none; empty: no such tab",
    )
    targets: str = Field(
        "",
        description="folder or Hub dataset `owner/name` with the target pictures; empty: as the profile has it",
    )
    iterations: int = Field(10, ge=2, le=30, description="rounds per trial, 2 to 30")
    trials: int = Field(1, ge=1, le=20, description="trials (targets) per session, 1 to 20; the paper had 10")
    arms: Annotated[str, AfterValidator(_arms)] = Field(
        "no_scores,scores",
        description="arms that participants are assigned to in equal parts, separated by commas, of: "
        + ", ".join(f"`{arm.id}` ({arm.meaning})" for arm in ARMS.values()),
    )
    seed: int = Field(1029, ge=0, lt=2**63, description="seed of the noise that every drawing starts from")
    target_seed: int | None = Field(
        None,
        ge=0,
        lt=2**63,
        description="seed of the noise that every target starts from; empty: as the profile has it, in `paper` that of the drawings",
    )
    steps: int = Field(10, ge=1, le=100, description="denoising steps of a drawing, 1 to 100")
    guidance_scale: float = Field(5.0, ge=1, le=30, description="classifier-free guidance (CFG), 1 to 30")
    size: int | None = Field(
        None,
        ge=64,
        le=2048,
        multiple_of=64,
        description="width and height of a drawing in pixels, a multiple of 64; by default 256 (world), 1024 (paper)",
    )

    @property
    def weights_by_metric(self) -> dict[str, str | None]:
        """The metrics that compare: where each one's weights are, by id."""
        return metrics_of(self.profile, _listed(self.metrics))


def read_settings() -> Settings:
    """The settings of this process's environment.

    Raises `SettingsError` if a value is not allowed.
    """
    arms = _arms_before()
    given = {name: value for name in Settings.model_fields if (value := os.environ.get(variable(name))) == ""}
    try:
        # An empty variable means the default: a Space's settings page cannot unset one.
        return Settings(**{name: Settings.model_fields[name].default for name in given} | arms)
    except ValidationError as fault:
        raise SettingsError("\n".join(_sentence(error) for error in fault.errors())) from None


def _arms_before() -> dict[str, str]:
    """The arms that `REFINE_FEEDBACK` means, by which they were set before they could be named; none if it is not set."""
    policy = os.environ.get(FEEDBACK, "")
    if not policy or os.environ.get(variable("arms")):
        return {}
    if policy not in ARMS_BEFORE:
        raise SettingsError(f"{FEEDBACK} is {policy!r}, which is not allowed. Allowed: {', '.join(ARMS_BEFORE)}.")
    return {"arms": ",".join(ARMS_BEFORE[policy])}


def variable(name: str) -> str:
    """The environment variable of the setting `name`."""
    return PREFIX + name.upper()


def unknown_variables() -> list[str]:
    """Variables that look like settings and are none: usually a misspelling."""
    known = {FEEDBACK, *(variable(name) for name in Settings.model_fields)}
    return sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)


def describe_settings() -> str:
    """A table of all variables with defaults, for `--help`."""
    lines = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "") else f" (default: {field.default})"
        lines.append(f"  {variable(name)}\n      {field.description}{default}")
    return "\n".join(lines)


def _sentence(error: Any) -> str:
    name = str(error["loc"][0])
    allowed = Settings.model_fields[name].description
    if name == "profile":
        allowed = f"one of {', '.join(PROFILES)}"
    if name in ("database_url", "admin_token"):  # they hold secrets
        return f"{variable(name)} has a value that is not allowed ({error['msg']}). Allowed: {allowed}."
    return f"{variable(name)} is {error['input']!r}, which is not allowed ({error['msg']}). Allowed: {allowed}."
