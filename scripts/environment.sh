# Sourced by the other scripts: makes the virtual environment or brings it up to the lock files.
#
#   environment runtime    what trading needs
#   environment research   the same plus what sweeps need
#   environment dev        the same plus what the checks need
#
# Sets `root` (the checkout) and `venv_python`. BULKHEAD_VENV puts the environment elsewhere,
# BULKHEAD_PYTHON names the interpreter to build it with.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit 1
venv=${BULKHEAD_VENV:-$root/.venv}
venv_python=$venv/bin/python

stop() {
    printf 'bulkhead: %s\n' "$1" >&2
    exit 1
}

is_311() {
    "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${BULKHEAD_PYTHON:-}" ]; then
        is_311 "$BULKHEAD_PYTHON" ||
            stop "BULKHEAD_PYTHON=$BULKHEAD_PYTHON is not a working Python 3.11."
        python=$BULKHEAD_PYTHON
        return
    fi
    for python in python3.11 python3 python; do
        is_311 "$python" && return
    done
    found=$(python3 --version 2>/dev/null) || found='no python3'
    stop "needs Python 3.11, found $found on PATH. Install Python 3.11 (python.org, or
  'apt install python3.11 python3.11-venv', or 'brew install python@3.11') and run this again;
  if it is installed elsewhere: BULKHEAD_PYTHON=/where/it/is/python3.11 $0"
}

# One line that changes whenever what is to be installed changes.
wanted() {
    cat "$root/requirements.lock" "$root/setup.cfg" "$root/pyproject.toml" \
        $([ "$1" = runtime ] || printf '%s' "$root/requirements-research.lock") \
        $([ "$1" = dev ] && printf '%s' "$root/requirements-dev.lock") | cksum
    printf '%s\n' "$root"
}

# Whatever is erased has to be ours: a folder that we made, or the usual place in the checkout.
is_ours() {
    [ ! -e "$venv" ] || [ -z "$(ls -A "$venv" 2>/dev/null)" ] && return
    [ -f "$venv/pyvenv.cfg" ] || return 1
    [ -e "$venv/bulkhead.mark" ] || [ -e "$venv/bulkhead-runtime.stamp" ] ||
        [ "$venv" = "$root/.venv" ]
}

# What is behind a link belongs to another checkout: nothing is erased or installed through it.
refuse_link() {
    [ ! -L "$venv" ] || stop "$venv is a link, and the environment behind it was not made here; it
  was left as it is. Remove the link, or set BULKHEAD_VENV to a folder that does not exist yet."
}

make_venv() {
    is_ours || stop "BULKHEAD_VENV=$venv exists and is no virtual environment of ours; it was left
  as it is. Name a folder that does not exist yet, or one that this script has made."
    find_python
    printf 'bulkhead: making %s with %s\n' "$venv" "$("$python" --version)" >&2
    # Some systems ship venv without the pip to put inside; the pip outside serves as well.
    "$python" -m venv --clear "$venv" >/dev/null 2>&1 ||
        "$python" -m venv --clear --without-pip "$venv" ||
        stop "cannot make a virtual environment in $venv (see above)."
    : >"$venv/bulkhead.mark"
}

install() {
    if "$venv_python" -m pip --version >/dev/null 2>&1; then
        set -- "$venv_python" -m pip install "$@"
    else
        find_python
        set -- "$python" -m pip --python "$venv_python" install "$@"
    fi
    "$@" --quiet --disable-pip-version-check ||
        stop "pip could not install (see above); the next run tries again from the start."
}

environment() {
    stamp=$venv/bulkhead-$1.stamp
    is_311 "$venv_python" && [ "$(cat "$stamp" 2>/dev/null)" = "$(wanted "$1")" ] && return
    refuse_link
    case $1 in
    dev) lock=$root/requirements-dev.lock ;;
    research) lock=$root/requirements-research.lock ;;
    *) lock=$root/requirements.lock ;;
    esac
    # A current runtime environment only needs the rest; anything else is made afresh, so that
    # neither an interrupted installation nor a package no longer locked survives.
    is_311 "$venv_python" &&
        [ "$(cat "$venv/bulkhead-runtime.stamp" 2>/dev/null)" = "$(wanted runtime)" ] ||
        make_venv
    printf 'bulkhead: installing %s\n' "$(basename "$lock")" >&2
    install --require-hashes -r "$lock"
    install --no-deps --no-build-isolation -e "$root"
    wanted runtime >"$venv/bulkhead-runtime.stamp"
    wanted "$1" >"$stamp"
}
