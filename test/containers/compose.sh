#!/usr/bin/env bash
# The compose file for real: comes up, counts exactly behind nginx while servers are added, killed and removed, and has
# everything still after `down` and `up`. Uses the ports and the project name of the compose file, and removes its
# containers and volumes at the end. Needs Docker, curl, root (to kill a server as a crash would), `npm run build`, and
# the images. EVENTS is how many to send, RATE how many a second.
# Other compose files: COMPOSE_FILE, and of those with services that shall not run, SERVICES.
set -euo pipefail
cd "$(dirname "$0")/../.."
events=${EVENTS:-20000}
rate=${RATE:-500}
read -r -a services <<< "${SERVICES:-}"
url=http://127.0.0.1:8080
export COMPOSE_PROJECT_NAME=clickhour-drill
up() { compose up --detach --no-build "$@" "${services[@]}" > "$log" 2>&1; }
if docker compose version > /dev/null 2>&1; then compose() { docker compose "$@"; }; else compose() { docker-compose "$@"; }; fi
log=$(mktemp)
finish() {
  local status=$?
  [ -z "${simulation:-}" ] || kill "$simulation" 2> /dev/null || true
  if [ $status -ne 0 ]; then compose logs --tail 15 2>&1 | cut -c 1-300 || true; cat "$log"; fi
  compose down --volumes --timeout 40 > "$log" 2>&1 || true
  rm -f "$log"
  exit $status
}
trap finish EXIT

say() { echo "$(date +%T) $*"; }
fail() { say "FAILED: $*"; exit 1; }
health() { curl --silent --max-time 5 "$url/health" | sed -nE 's/^\{"status":"([a-z ]+)".*/\1/p'; }
first_server() { local all; all=$(compose ps --quiet server); echo "${all%%$'\n'*}"; }
servers() { compose ps --quiet server | wc -l; }
# until_well SECONDS: every part of the service is well.
until_well() {
  for _ in $(seq "$1"); do
    [ "$(health)" != ok ] || return 0
    sleep 1
  done
  fail "the service is not well after $1 s: $(curl --silent "$url/health")"
}
# total: how many events ClickHouse has, in the raw table and in the hourly view.
total() {
  curl --silent --fail 'http://127.0.0.1:8123/?user=analyst' --data-binary \
    'SELECT (SELECT count() FROM analytics.events), (SELECT sum(clicks) + sum(impressions) FROM analytics.hourly) FORMAT CSV'
}
# until_settled SECONDS: prints the total once raw and view agree in it, which replicas take a moment for.
until_settled() {
  local now
  for _ in $(seq "$1"); do
    now=$(total)
    if [ "${now%,*}" = "${now#*,}" ]; then echo "$now"; return 0; fi
    sleep 1
  done
  fail "raw and view differ after $1 s: $now" >&2
}

say 'up, ClickHouse last: each part waits for what it needs'
compose up --detach --no-build nginx server migrate > "$log" 2>&1
sleep 2
[[ $(compose logs migrate) == *'waiting for ClickHouse'* ]] || fail 'migrate does not say what it waits for'
up
until_well 30

say "simulate, $events events through nginx, beginning with one server"
node .build/bench/simulate.js --url "$url" --events "$events" --rate "$rate" > "$log.simulation" 2>&1 &
simulation=$!
sleep 4
up --scale server=4
say "now $(servers) servers"
sleep 4
victim=$(first_server)
kill -9 "$(docker inspect --format '{{.State.Pid}}' "$victim")"
say 'killed one; Docker starts it again, and it takes its journal over'
sleep 4
up --scale server=2
say "now $(servers) servers"
wait $simulation || { tail -n 30 "$log.simulation"; fail 'the tally'; }
grep -E '^(  acknowledged|  undelivered|  POST p50|  GET|Tally)' "$log.simulation"
rm -f "$log.simulation"

before=$(until_settled 30)
say "down, and up again: ClickHouse has $before (raw, view)"
compose down --timeout 40 > "$log" 2>&1
up --scale server=2
until_well 30
after=$(until_settled 30)
[ "$before" = "$after" ] || fail "there were $before events, and now there are $after"
say "everything is still there: $after"

say "image: $(docker image inspect --format '{{.Size}} bytes, user {{.Config.User}}, command {{.Config.Cmd}}' clickhour)"
compose stop --timeout 40 server > "$log" 2>&1
for container in $(docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
  --filter label=com.docker.compose.service=server); do
  code=$(docker inspect --format '{{.State.ExitCode}}' "$container")
  [ "$code" = 0 ] || fail "a server that was stopped ended with $code"
done
say 'all servers ended with 0 on SIGTERM'
