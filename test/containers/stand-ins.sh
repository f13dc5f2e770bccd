#!/usr/bin/env bash
# Stand-ins under the names of the images that this project uses, for machines that reach no registry:
#   node:24-slim, clickhouse/clickhouse-server:26.7, nginx:1.30
# from a Debian root file system (debootstrap), Node from npm, and the embedded ClickHouse of node_modules. An image that
# is here or can be pulled is left alone. Needs root, a Docker daemon (DOCKER_HOST), debootstrap, and `npm run build`.
# Prints one line for each image: real or stand-in.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# Read from the files that use them, so that they cannot differ.
node_image=$(sed -nE 's/^FROM (node:[^ ]+).*/\1/p' "$root/Dockerfile" | head -n 1)
clickhouse_image=$(sed -nE 's/^ +image: (clickhouse\/clickhouse-server:.*)/\1/p' "$root/docker-compose.yml")
nginx_image=$(sed -nE 's/^ +image: (nginx:.*)/\1/p' "$root/docker-compose.yml")

work=$(mktemp -d "${TMPDIR:-/tmp}/stand-ins-XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT

# available IMAGE: it is here already, or a registry answers.
available() {
  if ! docker image inspect "$1" > "$work/inspect" 2>&1; then
    timeout 60 docker pull --quiet "$1" > "$work/pull" 2>&1 || return 1
  fi
  if [ "$(docker image inspect --format '{{index .Config.Labels "stand-in"}}' "$1")" = yes ]; then
    echo "$1: stand-in, built before"
  else
    echo "$1: real"
  fi
}

# root_filesystem SUITE PACKAGES: prints the folder it was made in.
root_filesystem() {
  debootstrap --variant=minbase "--include=$2" "$1" "$work/$1" "$mirror" > "$work/debootstrap.log" 2>&1 \
    || { tail -n 5 "$work/debootstrap.log" >&2; return 1; }
  rm -rf "$work/$1/var/cache/apt/archives" "$work/$1/var/lib/apt/lists" "$work/$1/usr/share/doc" "$work/$1/usr/share/locale"
  # What this machine trusts, in case a proxy stands between it and npm.
  cp /etc/ssl/certs/ca-certificates.crt "$work/$1/etc/ssl/certs/ca-certificates.crt"
  echo "$work/$1"
}

# import FOLDER IMAGE CHANGE...
import() {
  local folder=$1 image=$2
  shift 2
  local changes=(--change 'LABEL stand-in=yes')
  for change in "$@"; do changes+=(--change "$change"); done
  tar -C "$folder" --one-file-system -c . | docker import "${changes[@]}" - "$image" > "$work/import"
  rm -rf --one-file-system "$folder"
  echo "$image: stand-in"
}

build_node() {
  local version=${node_image#node:}
  local folder
  folder=$(root_filesystem bookworm ca-certificates,wget)
  (cd "$work" && npm pack --silent "node-linux-$(node -p process.arch)@${version%%-*}" > pack && mkdir node \
    && tar -xzf "$(tail -n 1 pack)" -C node)
  install -D "$work/node/package/bin/node" "$folder/usr/local/bin/node"
  mkdir -p "$folder/usr/local/lib/node_modules"
  cp -rL "$(npm root -g)/npm" "$folder/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$folder/usr/local/bin/npm"
  chroot "$folder" useradd --uid 1000 --user-group --create-home --shell /bin/bash node
  import "$folder" "$node_image" 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' 'CMD ["node"]'
}

build_clickhouse() {
  local context=$work/clickhouse
  cp -r "$here/clickhouse-stand-in" "$context"
  mkdir -p "$context/engine/node_modules"
  cp "$root/.build/clickhouse/engine-process.js" "$context/engine/"
  echo '{"type": "module"}' > "$context/engine/package.json"
  for package in chdb @chdb ffi-rs @yuuang; do
    cp -rL "$root/node_modules/$package" "$context/engine/node_modules/"
  done
  docker build --quiet --label stand-in=yes --tag "$clickhouse_image" "$context" > "$work/build"
  echo "$clickhouse_image: stand-in"
}

# From unstable: `server … resolve` came with nginx 1.27.3, and Debian's stable releases are older.
build_nginx() {
  local folder
  folder=$(root_filesystem sid ca-certificates,curl,nginx-light)
  import "$folder" "$nginx_image" 'CMD ["nginx", "-g", "daemon off;"]'
}

available "$node_image" || build_node
available "$clickhouse_image" || build_clickhouse
available "$nginx_image" || build_nginx
