#!/bin/sh
# Starts an image as an orchestrator would, without a ClickHouse, and looks whether it does its job:
#   test/containers/smoke.sh IMAGE
set -eu
image=${1:?"usage: smoke.sh IMAGE"}
name=clickhour-smoke-$$
url=http://127.0.0.1:18080
trap 'docker logs "$name" 2>&1 | tail -50; docker rm --force "$name" >/dev/null 2>&1 || true' EXIT

docker run --detach --name "$name" --publish 127.0.0.1:18080:8080 \
  --read-only --cap-drop ALL --security-opt no-new-privileges \
  --env CLICKHOUSE_URL=http://127.0.0.1:9 --env ALLOW_ANONYMOUS=1 "$image" >/dev/null

tries=0
until curl --fail --silent --max-time 2 "$url/health/ready" >/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 60 ] || { echo "not ready after 60 s" >&2; exit 1; }
  sleep 1
done

expect() {
  received=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 5 "$@")
  [ "$received" = "$wanted" ] || { echo "received $received, expected $wanted: $*" >&2; exit 1; }
}
now=$(date +%s)000
wanted=200 expect "$url/health/live"
wanted=204 expect --request POST "$url/analytics?timestamp=$now&user=ada&click"
wanted=202 expect --header 'Content-Type: application/json' --data '{"name":"smoke"}' "$url/events"
wanted=400 expect --request POST "$url/analytics"
wanted=200 expect "$url/"
wanted=200 expect "$url/openapi.json"
[ "$(docker exec "$name" id -u)" = 1000 ] || { echo "runs as root" >&2; exit 1; }

docker stop --time 35 "$name" >/dev/null
code=$(docker inspect --format '{{.State.ExitCode}}' "$name")
[ "$code" = 0 ] || { echo "ended with $code, expected 0" >&2; exit 1; }
echo "$image: ready, takes events, stops in order"
