import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import load_file, save_file

from refine.generation.generator import GenerationError
from refine.generation.pipeline import PipelineGenerator
from refine.generation.weights import count_parameters, require_memory
from tests.generation.conftest import SETTINGS


def load(source):
    return PipelineGenerator(source, SETTINGS)


def weights(folder, part):
    (file,) = (folder / part).glob("*.safetensors")
    return file


@pytest.mark.parametrize("source", ["/nowhere/at/all", "./missing", "missing"])
def test_missing_folder_is_named(source):
    with pytest.raises(GenerationError, match=f"no folder {source}"):
        load(source)


@pytest.mark.parametrize("part", ["transformer", "vae", "text_encoder", "text_encoder_2"])
@pytest.mark.parametrize("size", [0, 5, 1000, -1])
def test_truncated_weights_are_named(own_checkpoint, part, size):
    file = weights(own_checkpoint, part)
    os.truncate(file, size if size >= 0 else file.stat().st_size - 1)
    with pytest.raises(GenerationError, match="damaged") as fault:
        load(own_checkpoint)
    assert str(file) in str(fault.value)


def test_garbage_instead_of_weights(own_checkpoint):
    file = weights(own_checkpoint, "vae")
    file.write_bytes(b"\x10" + b"\0" * 7 + b"<html>not found!" + b"x" * 100)
    with pytest.raises(GenerationError, match="no readable header"):
        load(own_checkpoint)


def test_missing_weights_and_missing_shard(own_checkpoint):
    file = weights(own_checkpoint, "transformer")
    state = load_file(file)
    names = sorted(state)
    shards = {"a.safetensors": names[::2], "b.safetensors": names[1::2]}
    for name, keys in shards.items():
        save_file({key: state[key] for key in keys}, file.parent / name)
    index = {"metadata": {}, "weight_map": {key: name for name, keys in shards.items() for key in keys}}
    file.with_name("diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    file.unlink()
    whole = count_parameters(own_checkpoint)
    load(own_checkpoint)
    (file.parent / "b.safetensors").unlink()
    with pytest.raises(GenerationError, match=r"lacks b\.safetensors"):
        load(own_checkpoint)
    (file.parent / "a.safetensors").unlink()
    for index_file in file.parent.glob("*.index.json"):
        index_file.unlink()
    with pytest.raises(GenerationError, match="missing"):
        load(own_checkpoint)
    assert whole > sum(tensor.numel() for tensor in state.values())


@pytest.mark.parametrize("file", ["model_index.json", "transformer/config.json", "tokenizer/tokenizer.json"])
@pytest.mark.parametrize("content", [None, "{", "[]", '{"_class_name": "NoSuchPipeline"}'])
def test_damaged_configuration(own_checkpoint, file, content):
    path = own_checkpoint / file
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(
        GenerationError, match=r"could not be read as a Stable Diffusion 3 pipeline|does not fit"
    ) as fault:
        load(own_checkpoint)
    assert "\n" not in str(fault.value)


def test_too_little_memory_is_told_before_anything_is_loaded():
    with pytest.raises(GenerationError, match=r"Too little memory: the weights need 931322\.6 GiB, and this machine"):
        require_memory(250 * 10**12, torch.float32, "cpu")


class Hub(BaseHTTPRequestHandler):
    """Refuses every request with the status and the error code that the repository's name asks for."""

    def do_GET(self):
        status, code = self.path.split("owner/")[1].split("/")[0].split("-")
        self.send_response(int(status))
        if code != "Plain":
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


ASK = """
import sys
from refine.generation.generator import GenerationError
from refine.generation.weights import locate
for question in sys.argv[1:]:
    repository, _, token = question.partition("@")
    try:
        locate(repository, "main", token or None)
    except GenerationError as fault:
        print(fault)
"""

REFUSALS = {
    "owner/401-GatedRepo": "Accept the licence on https://huggingface.co/owner/401-GatedRepo, make a token",
    "owner/403-GatedRepo@hf_x": "licence of owner/403-GatedRepo is not accepted by the owner of HF_TOKEN",
    "owner/401-RepoNotFound": "knows no model owner/401-RepoNotFound, or it is private and HF_TOKEN is not",
    "owner/404-RepoNotFound@hf_x": "HF_TOKEN may not read it",
    "owner/404-RevisionNotFound@hf_x": "no revision 'main'",
    "owner/403-Plain@hf_x": "could not be reached",
    "owner/500-Plain": "could not be reached",
}


def ask_hub(endpoint, home, questions):
    """What the real client of the Hub, in a process of its own, makes of an endpoint."""
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, *questions], env=environment, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def test_refusals_of_the_hub(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        sentences = ask_hub(f"http://127.0.0.1:{server.server_port}", tmp_path, REFUSALS)
    finally:
        server.shutdown()
        server.server_close()
    assert len(sentences) == len(REFUSALS)
    for expected, sentence in zip(REFUSALS.values(), sentences, strict=True):
        assert expected in sentence


def test_no_network(tmp_path):
    (sentence,) = ask_hub("http://127.0.0.1:9", tmp_path, ["owner/model"])
    assert "not on this machine yet, and the Hub could not be reached" in sentence
    assert "Check the network" in sentence
