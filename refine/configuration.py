"""Configuration: what the settings of a study mean: its drawing settings, folders, database, consent, journal, generator.

Knows: settings, profiles, the environment of a Space. Does not know: what is put together from them (assembly).
"""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import get_token

from refine import ASSETS
from refine.flow.consent import Consent
from refine.generation.generator import GenerationError
from refine.profiles import PROFILES
from refine.protocol import DrawingSettings
from refine.settings import Settings
from refine.storage.disk import make_folder
from refine.storage.errors import StorageError
from refine.storage.hub_targets import fetch_targets
from refine.storage.journal.journal import Journal
from refine.web.access import Access

if TYPE_CHECKING:
    from refine.generation.pipeline import PipelineGenerator


class StartError(Exception):
    """The study cannot start. The message says why and what to do."""


def drawing_settings(settings: Settings) -> DrawingSettings:
    """What every drawing of this study depends on besides its prompt."""
    default = PROFILES[settings.profile].drawing
    return replace(
        default,
        seed=settings.seed,
        steps=settings.steps,
        guidance_scale=settings.guidance_scale,
        width=settings.size or default.width,
        height=settings.size or default.height,
    )


def target_settings(settings: Settings) -> DrawingSettings:
    """What every target that is drawn for this study depends on besides its prompt: a seed of its own, if there is one."""
    own = PROFILES[settings.profile].target_seed if settings.target_seed is None else settings.target_seed
    drawing = drawing_settings(settings)
    return drawing if own is None else replace(drawing, seed=own)


def targets_folder(settings: Settings) -> Path:
    """Where the target pictures are, or will be once drawn.

    A target is drawn with the protocol's own settings for targets, so the embedded ones serve only the profile's defaults.
    Raises `StartError` if `REFINE_TARGETS` names a Hub dataset that cannot be had.
    """
    profile = PROFILES[settings.profile]
    drawing = target_settings(settings)
    if settings.targets:
        folder = Path(settings.targets)
        try:
            return folder if folder.exists() else fetch_targets(settings.targets)
        except StorageError as fault:
            raise StartError(f"REFINE_TARGETS cannot be used. {fault}") from fault
    if profile.targets is not None and drawing == profile.target_drawing:
        return profile.targets
    how = f"seed{drawing.seed}-{drawing.steps}steps-cfg{drawing.guidance_scale:g}"
    return settings.data_dir / "targets" / f"{settings.profile}-{drawing.width}px-{how}"


def read_consent(settings: Settings) -> Consent:
    """What participants agree to, with the licence that is set."""
    licence = settings.dataset_license.upper().replace("-", " ")
    return Consent((ASSETS / "consent.md").read_text().replace("{licence}", licence))


def open_generator(settings: Settings, drawing: DrawingSettings | None = None) -> "PipelineGenerator":
    """The pipeline with its weights, ready to draw, by default what participants ask for. Raises `StartError`."""
    # Imported here: torch and diffusers take seconds, in which the page can be served already.
    from refine.generation.pipeline import PipelineGenerator

    profile = PROFILES[settings.profile]
    try:
        return PipelineGenerator(profile.pipeline, drawing or drawing_settings(settings), token=get_token())
    except GenerationError as fault:
        raise StartError(str(fault)) from fault


def database_url(settings: Settings) -> str:
    """The SQLAlchemy url of the journal: the one that is set, or a SQLite file in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{settings.data_dir / 'journal.sqlite'}"


def open_journal(settings: Settings) -> Journal:
    """The journal of the data folder. Raises `StartError`."""
    try:
        make_folder(settings.data_dir)
        return Journal(database_url(settings))
    except StorageError as fault:
        raise StartError(str(fault)) from fault


def on_space() -> bool:
    """Whether this is a Space, by the signs that Gradio goes by: elsewhere its sign-in is a mock that lets everybody in."""
    return os.environ.get("SYSTEM") == "spaces" and bool(os.environ.get("SPACE_ID"))


def admin_access(settings: Settings) -> Access:
    """Who may see the state of the push: whoever has the admin token, and on a Space with sign-in its owner."""
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    signs_in = on_space() and bool(os.environ.get("OAUTH_CLIENT_ID"))
    return Access(token, os.environ.get("SPACE_AUTHOR_NAME", "") if signs_in else "")
