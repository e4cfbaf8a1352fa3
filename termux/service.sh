#!/bin/sh
# Writes one of PyTalk's services for runit: service.sh pytalk-agent|pytalk-ring|pytalk-server [OPTIONS].
# The options of a service that is there already stay. `sv-enable NAME` starts it.
set -eu

share=$(cd "$(dirname "$0")" && pwd)
name=${1:-}
# shellcheck disable=SC2016 # the service expands it
case $name in
  pytalk-agent)
    options='--camera termux:0 --mic default --speaker default'
    command="sh \"$share/sound.sh\"
exec pytalk call --answer --headless \$options"
    ;;
  pytalk-ring)
    options='--camera none --mic default --speaker default'
    command="export options
exec node \"$share/ring.js\""
    ;;
  pytalk-server)
    options='--port 5000 --udp-port 9999'
    command='exec pytalk serve $options'
    ;;
  *)
    echo "service.sh: there is no service ${name:-without a name}" >&2
    exit 2
    ;;
esac

etc=$PREFIX/etc/pytalk
dir=$PREFIX/var/service/$name
mkdir -p "$etc" "$dir/log"
[ -f "$etc/$name.env" ] || printf 'options="%s"\n' "${2-$options}" >"$etc/$name.env"
cat >"$dir/run" <<TEXT
#!$PREFIX/bin/sh
# Made by PyTalk's termux/service.sh. Options: $etc/$name.env
exec 2>&1
[ -f "$etc/$name.env" ] && . "$etc/$name.env"
$command
TEXT
chmod 755 "$dir/run"
ln -sf "$PREFIX/share/termux-services/svlogger" "$dir/log/run"
touch "$dir/down"
