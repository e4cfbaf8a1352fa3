#!/bin/sh
# Takes away what termux/install.sh has set up. Messages, keys and what a server keeps stay, and so do Termux's packages.
set -eu

[ -n "${PREFIX:-}" ] || {
  echo 'uninstall.sh: this is not Termux (PREFIX is not set)' >&2
  exit 1
}

for name in pytalk-agent pytalk-ring pytalk-server; do
  dir=$PREFIX/var/service/$name
  [ -d "$dir" ] || continue
  sv down "$name" 2>/dev/null || true
  sv-disable "$name" 2>/dev/null || true
  rm -rf "$dir"
done
rm -f "$HOME/.termux/boot/pytalk"
rm -rf "$PREFIX/etc/pytalk"
if command -v npm >/dev/null 2>&1; then npm rm --global pytalk; fi
termux-wake-unlock 2>/dev/null || true

echo "PyTalk is gone. What was said is still in ${XDG_DATA_HOME:-$HOME/.local/share}/pytalk: delete that folder to be rid of it."
echo 'Packages that others may use as well are still there: pkg uninstall nodejs-lts npm ffmpeg termux-api pulseaudio termux-services'
