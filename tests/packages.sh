#!/bin/sh
# What the tests need beside Python packages: a browser, fonts that draw Chinese, GNU gettext, a Redis server.
set -eu

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v msgfmt >/dev/null 2>&1 || missing="$missing gettext"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
fc-list 2>/dev/null | grep -qi "cjk" || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need:$missing. Install them by your system's means, then run make test again." >&2
    exit 1
fi
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
