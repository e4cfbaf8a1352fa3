#!/bin/sh
# Writes one of PyTalk's services for runit: service.sh pytalk-agent|pytalk-ring|pytalk-server [FOLDER [OPTIONS]].
# FOLDER is that of the data or the home; empty for the usual one. The options of a service that is there already stay,
# unless others are named. `sv-enable NAME` starts it.
set -eu

# A text as one word of a shell.
quoted() {
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

share=$(cd "$(dirname "$0")" && pwd)
name=${1:-}
folder=${2:-}
# The service expands $options, where words may be quoted.
# shellcheck disable=SC2016
case $name in
  pytalk-agent)
    options='--camera termux:0 --mic default --speaker default'
    command="sh \"$share/sound.sh\"
eval \"exec pytalk call --answer --headless\${folder:+ --home \\\"\\\$folder\\\"} \$options\""
    ;;
  pytalk-ring)
    options='--camera none --mic default --speaker default'
    command="export options
exec node \"$share/ring.js\""
    ;;
  pytalk-server)
    options='--port 5000 --udp-port 9999'
    command='eval "exec pytalk serve${folder:+ --data \"\$folder\"} $options"'
    ;;
  *)
    echo "service.sh: there is no service ${name:-without a name}" >&2
    exit 2
    ;;
esac

etc=$PREFIX/etc/pytalk
dir=$PREFIX/var/service/$name
mkdir -p "$etc" "$dir/log"
if [ $# -ge 3 ] || [ ! -f "$etc/$name.env" ]; then
  printf 'options=%s\n' "$(quoted "${3-$options}")" >"$etc/$name.env"
fi
cat >"$dir/run" <<TEXT
#!$PREFIX/bin/sh
# Made by PyTalk's termux/service.sh. Options: $etc/$name.env
exec 2>&1
folder=$(quoted "$folder")
[ -f "$etc/$name.env" ] && . "$etc/$name.env"
$command
TEXT
chmod 755 "$dir/run"
ln -sf "$PREFIX/share/termux-services/svlogger" "$dir/log/run"
touch "$dir/down"
