#!/bin/sh
# Installs PyTalk in Termux: checks the phone, installs what is needed, and asks before each part that one may do without.
# Can be run again at any time. termux/uninstall.sh takes everything away again; docs/ANDROID.md explains it all.
set -eu

usage() {
  cat <<'TEXT'
Usage: termux/install.sh [--yes | --no] [TARBALL]

  TARBALL  pytalk-VERSION.tgz as `npm pack` makes it; without it, the checkout or package that this script is part of
  --yes    yes to every question
  --no     no to every question: only the program itself
TEXT
}

say() { printf '%s\n' "$*"; }
fail() {
  say "install.sh: $*" >&2
  exit 1
}

answer=ask
from=
for word in "$@"; do
  case $word in
    --yes) answer=yes ;;
    --no) answer=no ;;
    -h | --help)
      usage
      exit 0
      ;;
    -*)
      usage >&2
      exit 2
      ;;
    *) from=$word ;;
  esac
done

# Asks a question; true for yes. Without a terminal the answer is no.
agreed() {
  case $answer in
    yes) return 0 ;;
    no) return 1 ;;
  esac
  [ -t 0 ] || return 1
  printf '%s [y/N] ' "$1"
  read -r reply || return 1
  case $reply in
    [yYoO]*) return 0 ;;
    *) return 1 ;;
  esac
}

here=$(cd "$(dirname "$0")" && pwd)

# ---- The phone ----------------------------------------------------------------------------------------------------

if [ -z "${PREFIX:-}" ] || ! command -v pkg >/dev/null 2>&1; then
  fail 'this is not Termux (PREFIX or pkg is missing); elsewhere it is: npm install --global pytalk-VERSION.tgz'
fi

case $(uname -m) in
  aarch64 | arm64 | armv7l | armv8l | x86_64 | i686) ;;
  *) fail "there is no Node for the processor $(uname -m)" ;;
esac

# Android 7 is the oldest that Termux supports.
sdk=$(getprop ro.build.version.sdk 2>/dev/null || true)
case $sdk in
  '' | *[!0-9]*) say 'The version of Android cannot be told; going on.' ;;
  *) [ "$sdk" -ge 24 ] || fail "Android 7 or newer is needed (this one has API level $sdk)" ;;
esac

neededKb=800000
freeKb=$(df -Pk "$PREFIX" | awk 'NR == 2 { print $4 }')
[ "${freeKb:-0}" -ge "$neededKb" ] ||
  fail "$((freeKb / 1000)) MB are free, $((neededKb / 1000)) MB are needed: make room, then run this again"

# ---- What is needed -----------------------------------------------------------------------------------------------

say 'Installing Node, npm, ffmpeg and the programs of Termux:API …'
pkg install -y nodejs-lts npm ffmpeg termux-api pulseaudio termux-services ||
  fail 'pkg could not install everything: run pkg upgrade, then this again'

# Node's own SQLite, since nothing is compiled here.
node -e 'process.exit(require("node:module").isBuiltin("node:sqlite") ? 0 : 1)' ||
  fail "Node $(node --version) has no SQLite inside; 22.13 or newer does: pkg upgrade nodejs-lts"

# ---- PyTalk -------------------------------------------------------------------------------------------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "$from" ]; then
  root=$(dirname "$here")
  [ -f "$root/package.json" ] || fail "name the tarball: $0 pytalk-VERSION.tgz"
  if [ -f "$root/tsconfig.json" ]; then
    say 'Building the checkout …'
    (cd "$root" && npm ci --ignore-scripts && npm run build && node scripts/bundle.js)
  fi
  (cd "$root" && npm pack --ignore-scripts --pack-destination "$work" >/dev/null)
  from=$(echo "$work"/pytalk-*.tgz)
fi
[ -f "$from" ] || fail "there is no file $from"

say 'Installing PyTalk …'
# Without install scripts nothing is compiled; with --cpu=wasm32 npm takes the pictures' library as WebAssembly.
npm install --global --ignore-scripts --cpu=wasm32 --no-audit --no-fund "$from" ||
  fail 'npm could not install it: see the lines above'
pytalk --version >/dev/null || fail 'pytalk does not start: see the lines above'
share=$(npm root --global)/pytalk/termux
[ -d "$share" ] || share=$here

# ---- Parts that one may do without --------------------------------------------------------------------------------

if agreed 'Set up sound (PulseAudio with a microphone and a speaker)?'; then
  sh "$share/sound.sh" || say 'Calls have no sound until that is mended; everything else works.'
fi

services=
if agreed 'Run the agent as a service (answers calls of your contacts by itself, with this phone as the camera)?'; then
  sh "$share/service.sh" pytalk-agent
  services="$services pytalk-agent"
fi
if agreed 'Be told of calls by notifications, with buttons to answer and decline?'; then
  sh "$share/service.sh" pytalk-ring
  services="$services pytalk-ring"
fi
if agreed 'Run a server on this phone as a service?'; then
  sh "$share/service.sh" pytalk-server
  services="$services pytalk-server"
fi

if [ -n "$services" ]; then
  for name in $services; do
    sv-enable "$name" 2>/dev/null || say "Close Termux and open it again, then run: sv-enable $name"
  done
  if agreed 'Start these services when the phone starts (needs the app Termux:Boot, opened once)?'; then
    mkdir -p "$HOME/.termux/boot"
    cat >"$HOME/.termux/boot/pytalk" <<TEXT
#!$PREFIX/bin/sh
# Made by PyTalk's termux/install.sh: keeps the phone awake, and starts the services that are enabled.
termux-wake-lock
. "$PREFIX/etc/profile.d/start-services.sh"
TEXT
    chmod 700 "$HOME/.termux/boot/pytalk"
  fi
  if agreed 'Keep the phone awake now (termux-wake-lock)?'; then
    termux-wake-lock || say 'No wake lock: install the app Termux:API.'
  fi
fi

say ''
say "PyTalk $(pytalk --version) is installed: pytalk register NAME --server HOST, then pytalk chat."
say "Camera, microphone and notifications need the app Termux:API, with the permissions for them in Android's settings."
