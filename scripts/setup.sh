# Sourced by scripts/run, scripts/test and .ci/run, which set `root` and call `setup LOCK_FILE`.
# POSIX sh. Sets `venv`. A valid stamp in the environment is all that later runs look at.

unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
venv=${OBVERSE_VENV:-.venv}
case $venv in /*) ;; *) venv=$root/$venv ;; esac
place="$venv for $root"
stamp=$venv/.obverse-stamp
lock=$venv.lock

say() { printf 'obverse: %s\n' "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# Also run by Python 2 and by Pythons too old for us.
probe='
import sys
found = "%d.%d.%d (%s)" % (sys.version_info[:3] + (sys.executable,))
verdict = "ok"
try:
    import ensurepip, venv
except ImportError:
    verdict = "bare"
if sys.version_info < (3, 11):
    verdict = "old"
print(verdict + " " + found)
'

# Sets `python` to the first interpreter that will do. Running each is the only test that counts:
# a pyenv shim exists, and fails, for a version that is not active.
find_python() {
    old='' bare='' names='python3.13 python3.12 python3.11 python3 python'
    if [ -n "${OBVERSE_PYTHON:-}" ]; then
        set -- "$OBVERSE_PYTHON"
    else
        # shellcheck disable=SC2086
        set -- $names
    fi
    for python; do
        found=$("$python" -c "$probe" 2>/dev/null) || continue
        case $found in
        'ok '*) return ;;
        'bare '*) bare=${bare:-${found#bare }} ;;
        'old '*) old=${old:-${found#old }} ;;
        esac
    done
    remedy='set OBVERSE_PYTHON to the path of a Python 3.11 or newer'
    if [ -n "$bare" ]; then
        fail "Python $bare lacks the venv or ensurepip module: install it" \
            "(Debian and Ubuntu: apt install python3-venv) or $remedy that has it."
    elif [ -n "$old" ]; then
        fail "Python 3.11 or newer is needed, but only $old was found: install one or $remedy."
    elif [ -n "${OBVERSE_PYTHON:-}" ]; then
        fail "OBVERSE_PYTHON=$OBVERSE_PYTHON does not run as a Python: $remedy, or unset it."
    else
        fail "Python 3.11 or newer is needed, but none of $names runs here: install one or $remedy."
    fi
}

# Line 1: where the environment was made, for a moved checkout. Line 2: the interpreter asked for.
# Line 3: the lock file installed. Line 4: everything that decides what is installed.
read_stamp() {
    at='' asked='' has='' key=''
    [ -f "$stamp" ] && [ -x "$venv/bin/python" ] || return 1
    { read -r at && read -r asked && read -r has && read -r key; } <"$stamp"
    [ "$at" = "$place" ] && [ "${OBVERSE_PYTHON:-$asked}" = "$asked" ]
}

current_key() {
    (
        cd "$root"
        cat pyproject.toml requirements.txt requirements-dev.txt "$venv/pyvenv.cfg"
    ) | cksum
}

is_ready() {
    read_stamp && [ "$key" = "$(current_key)" ] || return 1
    [ "$has" = "$1" ] || [ "$has" = requirements-dev.txt ]
}

# A process that has ended but was not reaped still takes signals.
is_alive() {
    kill -0 "$1" 2>/dev/null || return 1
    state=$(ps -o stat= -p "$1" 2>/dev/null) ||
        state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null)
    case $state in Z*) return 1 ;; esac
}

take_lock() {
    mkdir -p "${lock%/*}"
    waited=0
    until problem=$(mkdir "$lock" 2>&1); do
        if { read -r shell step <"$lock/pids"; } 2>/dev/null; then
            if ! is_alive "$shell" && ! is_alive "$step"; then
                rm -rf "$lock"
                continue
            fi
            [ "$waited" -gt 0 ] || say "waiting for another set-up of $venv (process $step);" \
                "if there is none, remove $lock"
        elif [ "$waited" -ge 3 ]; then
            [ -d "$lock" ] || fail "cannot set up $venv: $problem"
            rm -rf "$lock"
            continue
        fi
        waited=$((waited + 1))
        sleep 1
    done
    step=$$
    echo "$$ $step" >"$lock/pids"
    trap drop_lock EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

drop_lock() {
    trap - EXIT HUP INT TERM
    if [ "$step" != "$$" ]; then
        kill -s TERM -- "-$step" "$step" 2>/dev/null || :
        wait "$step" 2>/dev/null || :
    fi
    rm -rf "$lock"
}

own_group='import os, sys
os.setpgid(0, 0)
os.execv(sys.executable, [sys.executable] + sys.argv[1:])'

# Runs Python in the background and in a process group of its own, so that a signal to this shell
# ends it and its children at once. Killing the shell leaves it running: hence the id in the lock.
step() {
    interpreter=$1
    shift
    "$interpreter" -c "$own_group" "$@" >&2 &
    step=$!
    echo "$$ $step" >"$lock/pids"
    wait "$step" && result=0 || result=$?
    step=$$
    return "$result"
}

pip_install() { step "$venv/bin/python" -m pip install -qq --disable-pip-version-check "$@"; }

# A pip that fails rolls back what it did, so the old stamp is right again; one that is killed
# does not, and leaves no stamp.
install() {
    [ ! -f "$stamp" ] || mv "$stamp" "$stamp.old"
    if pip_install --require-hashes -r "$root/$1" &&
        pip_install --no-deps --no-build-isolation -e "$root" &&
        step "$venv/bin/python" -m compileall -q "$root/src"; then
        printf '%s\n' "$place" "$asked" "$1" "$(current_key)" >"$stamp.new"
        mv "$stamp.new" "$stamp"
        rm -f "$stamp.old"
    else
        [ ! -f "$stamp.old" ] || mv "$stamp.old" "$stamp"
        fail "the set-up of $venv failed for the reason above: run this again once that is mended."
    fi
}

# Nothing depends on it: what is not compiled now is compiled at its first use.
warm_up() {
    say "compiling the loops that histories run through: once, some seconds"
    step "$venv/bin/python" -m obverse.app.warm ||
        say "they could not be compiled for the reason above; they will be at their first use"
}

setup() {
    is_ready "$1" && return
    take_lock
    if is_ready "$1"; then
        drop_lock
        return
    fi
    # Without byte code, every start would compile everything anew.
    dont_write=${PYTHONDONTWRITEBYTECODE:-}
    unset PYTHONDONTWRITEBYTECODE PIP_USER PIP_TARGET PIP_PREFIX
    if read_stamp; then
        say "installing what changed in $1 into $venv"
    else
        find_python
        if [ -d "$venv" ] && [ "$venv" != "$root/.venv" ] && [ ! -f "$venv/pyvenv.cfg" ]; then
            rmdir "$venv" 2>/dev/null || fail "OBVERSE_VENV=$venv is not a virtual environment."
        fi
        say "installing into $venv with Python ${found#ok }: once, about a minute"
        asked=${OBVERSE_PYTHON:-$python}
        rm -rf "$venv"
        step "$python" -m venv "$venv" || fail "$python could not make a virtual environment."
    fi
    install "$1"
    warm_up
    [ -z "$dont_write" ] || export PYTHONDONTWRITEBYTECODE="$dont_write"
    drop_lock
}
