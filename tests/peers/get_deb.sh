#!/bin/bash
# get_deb.sh SUITE FOLDER PACKAGE…: fetches packages of a Debian suite with apt itself and unpacks them into FOLDER.
# Nothing of the system changes; the mirror is the one that the machine's own sources name.
set -e
suite=$1 folder=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{lists/partial,cache/archives/partial,debs,parts} "$folder"
for file in /etc/apt/sources.list.d/*.sources; do
  grep -q debian-archive-keyring "$file" || continue
  awk -v suite="$suite" 'BEGIN { RS=""; ORS="\n\n" } /debian-archive-keyring/ && !/security/ {
    gsub(/Suites:[^\n]*/, "Suites: " suite); print; exit }' "$file" > "$work/parts/peers.sources"
  break
done
[ -s "$work/parts/peers.sources" ] || { echo "This machine has no sources of Debian." >&2; exit 1; }
apt=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" -o Dir::State::lists="$work/lists"
     -o Dir::Cache="$work/cache" -o APT::Sandbox::User=root)
apt-get "${apt[@]}" -qq update
(cd "$work/debs" && apt-get "${apt[@]}" -qq download "$@")
for deb in "$work"/debs/*.deb; do dpkg -x "$deb" "$folder"; done
