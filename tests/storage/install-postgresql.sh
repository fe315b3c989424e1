#!/bin/sh
# The tests of storage start PostgreSQL servers of their own: Debian's package, without the server it would set up.
set -e
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ]; then as_root=; else as_root=sudo; fi
$as_root mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" | $as_root tee /etc/postgresql-common/createcluster.d/no-main.conf >/dev/null
$as_root apt-get update -qq
$as_root apt-get install -y -qq postgresql
