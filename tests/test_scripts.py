import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PYTHON_NAMES = ("python3.13", "python3.12", "python3.11", "python3", "python")

# Runs the code it is given in this Python, changed beforehand.
CHANGED_PYTHON = """\
#!/bin/sh
exec "{python}" -c 'import sys; {change}; exec(sys.argv[2])' "$@"
"""

# Does as a Python would that installs, but without a network; a line in the log for each step.
INSTALLING_PYTHON = """\
#!/bin/sh
[ "$1" != -c ] || shift 2
case "$1 $2" in
' ')
    echo 'ok 3.12.0 (fake)'
    exit ;;
'-m venv')
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    echo 'version = 3.12.0' >"$3/pyvenv.cfg"
    printf '#!/bin/sh\\nprintf "[%%s]" "$@"\\n' >"$3/bin/obverse"
    chmod +x "$3/bin/obverse" ;;
'-m pip')
    [ -z "${PIP_SLEEPS:-}" ] || sleep "$PIP_SLEEPS"
    [ -z "${PIP_FAILS:-}" ] || exit 1 ;;
'-m obverse.app.warm')
    [ -z "${WARM_FAILS:-}" ] || exit 1 ;;
esac
shift
echo "$*" >>"$LOG"
"""


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def run(*command, **env):
    return subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **{name: str(value) for name, value in env.items()}},
        capture_output=True,
        text=True,
        timeout=60,
    )


def refused(tmp_path, python, **env):
    """What `scripts/run` says where every Python is `python`."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    for name in PYTHON_NAMES:
        script(bin_ / name, python)
    venv = tmp_path / "venv"
    env = {"OBVERSE_PYTHON": "", "OBVERSE_VENV": venv, **env}
    result = run(ROOT / "scripts/run", PATH=f"{bin_}:{os.environ['PATH']}", **env)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert not venv.exists()
    assert not Path(f"{venv}.lock").exists()
    return result.stderr


def changed_python(change):
    return CHANGED_PYTHON.format(python=sys.executable, change=change)


OLD = changed_python('sys.version_info = (3, 9, 18, "final", 0)')


def test_an_old_python_is_refused_in_one_sentence(tmp_path):
    said = refused(tmp_path, OLD)
    assert "Python 3.11 or newer is needed, but only 3.9.18" in said


def test_an_old_python_that_was_asked_for_is_refused(tmp_path):
    old = script(tmp_path / "old", OLD)
    assert "3.9.18" in refused(tmp_path, "#!/bin/sh\nexit 127\n", OBVERSE_PYTHON=old)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_that_cannot_make_environments_is_refused(tmp_path, module):
    said = refused(tmp_path, changed_python(f'sys.modules["{module}"] = None'))
    assert "lacks the venv or ensurepip module: install it" in said


def test_no_python_that_runs_is_refused(tmp_path):
    said = refused(tmp_path, "#!/bin/sh\necho 'not active' >&2\nexit 127\n")
    assert "none of python3.13 python3.12 python3.11 python3 python runs here" in said


def test_an_interpreter_asked_for_that_does_not_run_is_named(tmp_path):
    said = refused(tmp_path, OLD, OBVERSE_PYTHON="no-such-python")
    assert "OBVERSE_PYTHON=no-such-python does not run" in said


class Checkout:
    """A copy of the files that the set-up reads, and a Python that installs nothing."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "a check out"
        self.log = tmp_path / "log"
        (self.root / "scripts").mkdir(parents=True)
        for name in ("pyproject.toml", "requirements.txt", "requirements-dev.txt"):
            shutil.copy(ROOT / name, self.root)
        for name in ("run", "test", "setup.sh"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts")
        self.env = {
            "OBVERSE_PYTHON": script(tmp_path / "python", INSTALLING_PYTHON),
            "OBVERSE_VENV": "",
            "LOG": self.log,
        }

    def run(self, *arguments, script="scripts/run", **env):
        return run(self.root / script, *arguments, **self.env, **env)

    def start(self, **env):
        env = {**os.environ, **{k: str(v) for k, v in {**self.env, **env}.items()}}
        process = subprocess.Popen([self.root / "scripts/run"], env=env, stderr=subprocess.DEVNULL)
        while not (self.root / ".venv/pyvenv.cfg").exists():
            time.sleep(0.01)
        return process

    def steps(self):
        """What was installed since the last look."""
        text = self.log.read_text() if self.log.exists() else ""
        self.log.unlink(missing_ok=True)
        return re.findall(
            r"^venv|requirements\S*|-e(?= )|^compileall|^obverse.app.warm", text, re.MULTILINE
        )


RUN_TIME = ["requirements.txt", "-e", "compileall", "obverse.app.warm"]
DEVELOPMENT = ["requirements-dev.txt", "-e", "compileall", "obverse.app.warm"]


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def test_the_first_run_installs_and_the_second_does_not(checkout):
    first = checkout.run()
    assert (first.returncode, first.stdout) == (0, "[report]")
    assert checkout.steps() == ["venv", *RUN_TIME]
    second = checkout.run("a", "b c")
    assert (second.stdout, second.stderr) == ("[a][b c]", "")
    assert checkout.steps() == []


def test_run_leaves_a_development_environment_alone(checkout):
    checkout.run()
    checkout.run(script="scripts/test")
    assert checkout.steps() == ["venv", *RUN_TIME, *DEVELOPMENT]
    assert checkout.run().returncode == 0
    assert checkout.steps() == []


def test_a_changed_lock_file_is_installed(checkout):
    checkout.run()
    checkout.steps()
    with (checkout.root / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    checkout.run()
    assert checkout.steps() == RUN_TIME


def test_a_moved_checkout_is_installed_anew(checkout):
    checkout.run()
    checkout.steps()
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    assert checkout.run().stdout == "[report]"
    assert checkout.steps() == ["venv", *RUN_TIME]


def test_a_checkout_behind_a_symbolic_link_is_the_same_checkout(checkout, tmp_path):
    checkout.run()
    checkout.steps()
    (tmp_path / "link").symlink_to(checkout.root)
    checkout.root = tmp_path / "link"
    assert checkout.run().stdout == "[report]"
    assert checkout.steps() == []


def test_a_failed_set_up_is_repaired(checkout):
    failed = checkout.run(PIP_FAILS=1)
    assert failed.returncode == 1
    assert "run this again" in failed.stderr
    checkout.steps()
    assert checkout.run().stdout == "[report]"
    assert checkout.steps() == ["venv", *RUN_TIME]


def test_a_failed_change_keeps_what_worked(checkout):
    checkout.run()
    assert checkout.run(script="scripts/test", PIP_FAILS=1).returncode == 1
    checkout.steps()
    assert checkout.run().stdout == "[report]"
    assert checkout.steps() == []


def test_a_set_up_does_not_fail_for_want_of_compiled_loops(checkout):
    first = checkout.run(WARM_FAILS=1)
    assert (first.returncode, first.stdout) == (0, "[report]")
    assert "they will be at their first use" in first.stderr
    checkout.steps()
    assert checkout.run().stderr == ""
    assert checkout.steps() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_set_up_is_repaired(checkout, number):
    process = checkout.start(PIP_SLEEPS=2)
    process.send_signal(number)
    assert process.wait() != 0
    assert checkout.run().stdout == "[report]"
    assert checkout.steps()[-5:] == ["venv", *RUN_TIME]
    assert not (checkout.root / ".venv.lock").exists()


def test_two_first_runs_at_once_install_once(checkout):
    process = checkout.start(PIP_SLEEPS=1)
    second = checkout.run()
    assert "waiting for another set-up" in second.stderr
    assert second.stdout == "[report]"
    assert process.wait() == 0
    assert checkout.steps() == ["venv", *RUN_TIME]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_and_hashed_and_no_registry_is_named(name):
    text = (ROOT / name).read_text()
    lines = [line for line in text.replace("\\\n", "").splitlines() if line[:1] not in "# "]
    assert len(lines) > 20
    for line in lines:
        assert re.match(r"[\w.-]+(\[\w+\])?==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", line), line
    assert not re.search(r"://|index-url|find-links", text)


def test_the_development_lock_file_holds_the_run_time_one():
    def pins(name):
        return set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(), re.MULTILINE))

    assert pins("requirements.txt") < pins("requirements-dev.txt")


@pytest.mark.parametrize("name", ["run", "test", "setup.sh"])
def test_the_scripts_are_posix_shell(name):
    path = ROOT / "scripts" / name
    if name != "setup.sh":
        assert path.read_text().startswith("#!/bin/sh\n")
        assert os.access(path, os.X_OK)
    assert run("sh", "-n", path).returncode == 0


def test_ci_runs_every_check():
    path = ROOT / ".ci/run"
    assert os.access(path, os.X_OK)
    assert re.search(r"^scripts/test\b", path.read_text(), re.MULTILINE)
    assert run("bash", "-n", path).returncode == 0
