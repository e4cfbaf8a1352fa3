#!/bin/sh
# Sees to it that PulseAudio runs in Termux and has a microphone and a speaker. Says what to do where it cannot.
set -u

pulseaudio --check 2>/dev/null || pulseaudio --start --exit-idle-time=-1 || {
  echo 'Sound: PulseAudio does not start: pkg install pulseaudio' >&2
  exit 1
}

# True when there is a sink, or a source that is more than the echo of a sink.
has() { pactl list short "$1" | grep -v '\.monitor' | grep -q .; }

has sinks || pactl load-module module-sles-sink >/dev/null ||
  pactl load-module module-aaudio-sink >/dev/null || {
  echo 'Sound: there is no speaker: pkg upgrade pulseaudio' >&2
  exit 1
}

# Android answers with error 9 where the permission is missing, and PulseAudio says no more than that it has failed.
has sources || pactl load-module module-sles-source >/dev/null || {
  echo 'Sound: the microphone cannot be opened. It needs the app Termux:API with the permission Microphone:' >&2
  echo "Android's settings, Apps, Termux:API, Permissions; then run this again." >&2
  exit 1
}
