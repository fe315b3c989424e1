"""What is set up, and why: the answer to `python app.py --doctor`.

Knows: where each choice came from. Does not know: how to make the choice (settings, profiles) or to act on it.
"""

import os

import torch
from huggingface_hub import get_token

from refine.configuration import StartError, database_url, drawing_settings, target_settings, targets_folder
from refine.profiles import PROFILES
from refine.settings import Settings, unknown_variables, variable
from refine.storage.disk import hazard, make_folder, survives
from refine.storage.errors import StorageError
from refine.storage.journal.engine import place, reach
from refine.storage.targets import load_targets


def examine(settings: Settings) -> str:
    """A report of a few lines: profile, drawing, device, targets, data folder and its disk, Hub repo, oddities."""
    profile = PROFILES[settings.profile]
    drawing = drawing_settings(settings)
    lines = [
        _line("profile", settings.profile, f"{_origin(settings, 'profile')}; {profile.description}"),
        _line(
            "drawing",
            f"seed {drawing.seed} (targets {target_settings(settings).seed}), {drawing.steps} steps, CFG {drawing.guidance_scale:g}, "
            f"{drawing.width}x{drawing.height}",
            _origin(settings, "seed", "target_seed", "steps", "guidance_scale", "size"),
        ),
        _line("metrics", ", ".join(settings.weights_by_metric), _origin(settings, "metrics", "profile")),
        _line("device", *_device()),
        _line("targets", *_targets(settings)),
        _line(
            "data folder",
            str(settings.data_dir.resolve()),
            f"{_origin(settings, 'data_dir')}; {_disk(settings)}",
        ),
        _line("journal", *_journal(settings)),
        _line("Hub dataset", *_hub(settings)),
        _line("replica", *_replica(settings)),
        _line(
            "study",
            f"{settings.trials} trial(s) of {settings.iterations} rounds, arms: {settings.arms}",
            _origin(settings, "trials", "iterations", "arms"),
        ),
    ]
    lines += [
        _line("warning", name, "no such setting: is it misspelt? `python app.py --help` lists all")
        for name in unknown_variables()
    ]
    return "\n".join(lines)


def _line(what: str, value: str, why: str) -> str:
    return f"{what + ':':13}{value}\n{'':13}  because: {why}"


def _origin(settings: Settings, *names: str) -> str:
    given = [variable(name) for name in names if os.environ.get(variable(name))]
    return f"{', '.join(given)} is set" if given else "default"


def _device() -> tuple[str, str]:
    if torch.cuda.is_available():
        free, total = (size / 2**30 for size in torch.cuda.mem_get_info())
        return (
            f"cuda ({torch.cuda.get_device_name()})",
            f"a GPU was found, {free:.0f} of {total:.0f} GiB free",
        )
    return f"cpu ({torch.get_num_threads()} threads)", "no GPU was found"


def _targets(settings: Settings) -> tuple[str, str]:
    why = f"{variable('targets')} is set"
    try:
        folder = targets_folder(settings)
        if not settings.targets:
            embedded = folder == PROFILES[settings.profile].targets
            why = (
                "the drawing settings are those the embedded targets were drawn with"
                if embedded
                else "drawn on this machine with these drawing settings"
            )
        found = load_targets(folder)
        found.check(drawing_settings(settings), settings.trials)
    except (StartError, StorageError) as fault:
        return settings.targets or str(folder), f"{why}; the study will not start: {fault}"
    return str(folder), f"{why}; all {len(found.targets)} pictures can be shown"


def _disk(settings: Settings) -> str:
    try:
        make_folder(settings.data_dir)
    except StorageError as fault:
        return str(fault)
    return survives(settings.data_dir)


def _journal(settings: Settings) -> tuple[str, str]:
    url = database_url(settings)
    if settings.database_url is None:
        return place(url), hazard(settings.data_dir) or f"{variable('database_url')} is not set"
    try:
        return place(url), f"{variable('database_url')} is set; the database answers ({reach(url)})"
    except StorageError as fault:
        return place(url), f"{variable('database_url')} is set; {fault}"


def _hub(settings: Settings) -> tuple[str, str]:
    if not settings.dataset_repo:
        return "none", f"{variable('dataset_repo')} is not set: finished sessions stay in the data folder"
    if get_token() is None:
        return settings.dataset_repo, "set, but there is no HF_TOKEN with write access: nothing is pushed"
    return (
        settings.dataset_repo,
        f"{variable('dataset_repo')} and a token are set: finished sessions are pushed",
    )


def _replica(settings: Settings) -> tuple[str, str]:
    if not settings.replica:
        return "none", f"{variable('replica')} is not set: unfinished sessions are in the data folder only"
    if get_token() is None:
        return settings.replica, "set, but there is no HF_TOKEN with write access: the study will not start"
    return settings.replica, f"{variable('replica')} and a token are set: unfinished sessions outlive the data folder"
