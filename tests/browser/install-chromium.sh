#!/bin/sh
# The browser tests drive Debian's Chromium: playwright's own download is not needed.
set -e
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
$as_root apt-get update -qq
$as_root apt-get install -y -qq chromium fonts-noto-core
