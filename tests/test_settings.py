"""Settings: what a researcher sets is what the study gets, and a mistake is told in a sentence."""

import os
import subprocess
import sys

import pytest

from refine.settings import (
    Settings,
    SettingsError,
    describe_settings,
    read_settings,
    unknown_variables,
    variable,
)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith("REFINE_"):
            monkeypatch.delenv(name)


def test_defaults_are_the_papers_drawing_settings():
    settings = read_settings()
    assert (settings.seed, settings.steps, settings.guidance_scale) == (1029, 10, 5.0)
    assert (settings.profile, settings.iterations, settings.trials, settings.arms) == (
        "world",
        10,
        1,
        "no_scores,scores",
    )


def test_values_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("REFINE_ITERATIONS", "3")
    monkeypatch.setenv("REFINE_ARMS", "scores")
    assert read_settings().iterations == 3
    assert read_settings().arms == "scores"


@pytest.mark.parametrize(
    ("policy", "arms"), [("always", "scores"), ("never", "no_scores"), ("random", "no_scores,scores")]
)
def test_the_policy_by_which_arms_were_set_before_is_still_read(monkeypatch, policy, arms):
    monkeypatch.setenv("REFINE_FEEDBACK", policy)
    assert read_settings().arms == arms
    assert unknown_variables() == []


def test_arms_have_one_order_however_they_are_named(monkeypatch):
    monkeypatch.setenv("REFINE_ARMS", " scores, no_scores")
    assert read_settings().arms == "no_scores,scores"


def test_an_empty_variable_means_the_default(monkeypatch):
    monkeypatch.setenv("REFINE_ITERATIONS", "")
    monkeypatch.setenv("REFINE_PROFILE", "")
    assert (read_settings().iterations, read_settings().profile) == (10, "world")


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("REFINE_ITERATIONS", "1", "2 to 30"),
        ("REFINE_ITERATIONS", "ten", "2 to 30"),
        ("REFINE_TRIALS", "0", "1 to 20"),
        ("REFINE_PROFILE", "sdxl", "world, paper"),
        ("REFINE_FEEDBACK", "sometimes", "always"),
        ("REFINE_ARMS", "scores,telepathy", "no_scores"),
        ("REFINE_ARMS", "scores,scores", "no_scores"),
        ("REFINE_DATASET_REPO", "not a repo", "owner/name"),
        ("REFINE_SIZE", "100", "multiple of 64"),
    ],
)
def test_a_wrong_value_is_told_with_name_value_and_what_is_allowed(monkeypatch, name, value, allowed):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as fault:
        read_settings()
    assert name in str(fault.value)
    assert repr(value) in str(fault.value)
    assert allowed in str(fault.value)


def test_metrics_are_those_of_the_profile_in_the_order_of_the_columns(monkeypatch):
    assert list(read_settings().weights_by_metric) == ["lpips_world", "clip_b32_world", "clip_l14_world", "imagehash"]
    monkeypatch.setenv("REFINE_METRICS", " ssim, lpips_world")
    assert list(read_settings().weights_by_metric) == ["lpips_world", "ssim"]
    monkeypatch.setenv("REFINE_METRICS", "dists")
    with pytest.raises(
        SettingsError, match=r"REFINE_METRICS is 'dists', .*the profile world has no metric dists, only lp"
    ):
        read_settings()
    monkeypatch.setenv("REFINE_PROFILE", "paper")
    assert read_settings().weights_by_metric == {"dists": "vgg16"}


def test_the_replica_is_not_the_dataset(monkeypatch):
    monkeypatch.setenv("REFINE_DATASET_REPO", "Someone/study")
    monkeypatch.setenv("REFINE_REPLICA", "someone/Study")
    with pytest.raises(SettingsError, match=r"REFINE_REPLICA is 'someone/Study'.* needs one of its own"):
        read_settings()
    monkeypatch.setenv("REFINE_REPLICA", "someone/study-replica")
    assert read_settings().replica == "someone/study-replica"
    monkeypatch.setenv("REFINE_DATASET_REPO", "")
    monkeypatch.setenv("REFINE_REPLICA", "")
    assert read_settings().replica == ""


def test_an_admin_token_that_can_be_guessed_is_refused_without_being_told(monkeypatch):
    monkeypatch.setenv("REFINE_ADMIN_TOKEN", "hush-hush-hush-")
    with pytest.raises(SettingsError, match=r"REFINE_ADMIN_TOKEN has a value .* 16 characters or more") as fault:
        read_settings()
    assert "hush" not in str(fault.value)
    monkeypatch.setenv("REFINE_ADMIN_TOKEN", "hush-hush-hush-h")
    assert read_settings().admin_token.get_secret_value() == "hush-hush-hush-h"


def test_the_databases_url_is_a_secret(monkeypatch):
    monkeypatch.setenv("REFINE_DATABASE_URL", "postgresql://researcher:hush@localhost/study")
    assert "hush" not in repr(read_settings())
    assert read_settings().database_url.get_secret_value().endswith("hush@localhost/study")
    monkeypatch.setenv("REFINE_DATABASE_URL", "mysql://researcher:hush@localhost/study")
    with pytest.raises(SettingsError, match="REFINE_DATABASE_URL has a value that is not allowed") as fault:
        read_settings()
    assert "hush" not in str(fault.value)
    monkeypatch.setenv("REFINE_DATABASE_URL", "")
    assert read_settings().database_url is None


def test_all_wrong_values_are_told_at_once(monkeypatch):
    monkeypatch.setenv("REFINE_ITERATIONS", "0")
    monkeypatch.setenv("REFINE_TRIALS", "0")
    with pytest.raises(SettingsError) as fault:
        read_settings()
    assert "REFINE_ITERATIONS" in str(fault.value)
    assert "REFINE_TRIALS" in str(fault.value)


def test_a_misspelt_variable_is_noticed(monkeypatch):
    monkeypatch.setenv("REFINE_ITERATION", "3")
    assert unknown_variables() == ["REFINE_ITERATION"]


def test_help_tells_every_variable():
    text = describe_settings()
    assert all(variable(name) in text for name in Settings.model_fields)


def test_the_app_stops_with_the_sentence_and_no_traceback():
    run = subprocess.run(
        [sys.executable, "app.py"],
        env={**os.environ, "REFINE_TRIALS": "many"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2
    assert "REFINE_TRIALS" in run.stderr
    assert "'many'" in run.stderr
    assert "Traceback" not in run.stderr
