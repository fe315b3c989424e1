"""The command line that serves the study: settings -> study -> page, or `--doctor`: what is set up and why.

Knows: the order of a start, exit codes. Does not know: what any part does.
"""

import argparse
import importlib
import logging
import os
import signal
import sys
import threading

# One thread a computation: more would change the last digits of drawings and scores, and hold up the statistics.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from refine.settings import SettingsError, describe_settings, read_settings


def main(arguments: list[str] | None = None, prog: str = "python app.py") -> int:
    """Serve the study until stopped. Returns the exit status."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Thousand Prompts: an online study of how people refine prompts towards a target picture.",
        epilog="Settings, all from the environment:\n\n" + describe_settings() + "\n\n"
        "Gradio's variables (GRADIO_SERVER_NAME, GRADIO_SERVER_PORT, ...) and the Hub's (HF_TOKEN, HF_ENDPOINT, "
        "HF_HOME, ...) keep their names and meaning.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--doctor", action="store_true", help="tell what is set up and why, and stop")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("httpx", "httpx2", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)

    # Imported here: --help must not wait for torch, and a wrong setting is told before anything is loaded.
    try:
        settings = read_settings()
        if given.doctor:
            from refine.cli.doctor import examine

            print(examine(settings))
            return 0
        # torch takes seconds to come from the disk: the page is put together meanwhile.
        threading.Thread(target=importlib.import_module, args=("torch",), daemon=True).start()
        from refine.assembly import load_models, open_services
        from refine.configuration import StartError, admin_access, on_space
        from refine.ui import page
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return 2

    try:
        services = open_services(settings)
    except StartError as fault:
        print(fault, file=sys.stderr)
        return 1
    demo = page.build(
        services.study,
        services.results,
        services.simulated,
        services.publisher,
        admin_access(settings),
        services.downloads,
    )
    try:
        # The page answers while the weights are loaded; what is asked for in the meantime waits in the line.
        page.serve(demo, services.downloads, behind_hub=on_space())
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a Space's restart: finish what is being done
        load_models(services.drawing_service, settings)
        services.warm_up()
        demo.block_thread()
    except StartError as fault:
        print(fault, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        services.close()
    return 0
