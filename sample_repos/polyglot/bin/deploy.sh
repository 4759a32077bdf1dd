#!/usr/bin/env bash
# Builds everything and puts it on the server: bin/deploy.sh HOST [RELEASE]
set -euo pipefail

readonly host="${1:?usage: deploy.sh HOST [RELEASE]}"
release="${2:-$(date +%Y%m%d)}"

log() {
    printf '%s %s\n' "$(date +%T)" "$*" >&2
}

build() {
    local folder="$1"
    log "building $folder"
    make -C "$folder" clean check
}

upload() {
    for part in api web reports; do
        log "uploading $part"
        rsync -a --delete "$part/" "$host:/srv/shop/$release/$part/"
    done
}

build .
upload
if ! ssh "$host" "ln -sfn /srv/shop/$release /srv/shop/current"; then
    log "could not switch to $release"
    exit 1
fi
log "done"
