"""``env`` and ``exec`` of an emulator that speaks TLS: what has programs trust it, and whom they trusted before."""

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from emulator import roots
from emulator.certificates import Authority
from emulator.control.authority import Tls
from emulator.server import Background
from emulator.settings import Options
from tests.cli.program import COMMAND, ROOT, run
from tests.company import Company

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Background]:
    with Background(Options(port=0, tls_port=0, ca_dir=tmp_path_factory.mktemp("authority"))) as one:
        yield one


@pytest.fixture(autouse=True)
def nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def env(secure: Background, tmp_path: Path, **more: str) -> dict[str, str]:
    done = run("env", "--json", "--url", secure.url, EMULATOR_CA_DIR=str(tmp_path / "mine"), **more)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def inside(file: str | Path) -> list[bytes]:
    return roots.certificates(Path(file).read_bytes())


def authority(secure: Background) -> bytes:
    assert secure.secure is not None
    (one,) = inside(secure.secure.authority)
    return one


def test_each_client_s_variable_names_a_file_with_the_machine_s_roots_and_the_authority(secure, tmp_path) -> None:
    found = env(secure, tmp_path)
    assert secure.secure is not None
    assert found["EMULATOR_TLS_URL"] == secure.secure.url
    assert len({found[name] for name in VARIABLES}) == 1
    *others, last = inside(found["SSL_CERT_FILE"])
    assert last == authority(secure)
    assert len(others) > 10
    assert not any(map(roots.is_ours, others))


def test_base_urls_stay_as_they_are_unless_https_is_asked_for(secure, tmp_path) -> None:
    assert env(secure, tmp_path)["TALONONE_BASE_URL"] == f"{secure.url}/talonone"
    done = run("env", "--json", "--tls", "-n", "w-1", "--url", secure.url, "--ca-dir", str(tmp_path))
    found = json.loads(done.stdout)
    assert found["TALONONE_BASE_URL"] == f"{secure.secure.url}/ns/w-1/talonone"
    assert (found["EMULATOR_URL"], found["EMULATOR_NAMESPACE"]) == (secure.url, "w-1")


def test_the_address_that_is_asked_is_the_one_that_is_told(secure, tmp_path) -> None:
    url = secure.url.replace("127.0.0.1", "localhost")
    done = run("env", "--json", "--url", url, "--ca-dir", str(tmp_path))
    assert json.loads(done.stdout)["EMULATOR_TLS_URL"] == secure.secure.url.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("shell", ["sh", "bash", "fish", "pwsh"])
def test_a_shell_that_reads_it_has_the_variables(secure, tmp_path, shell: str) -> None:
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"there is no {shell}")
    directory = tmp_path / 'Zoë\'s "own" $HOME \\ dir'
    name = {"pwsh": "powershell", "bash": "sh"}.get(shell, shell)
    lines = run("env", "--shell", name, "--url", secure.url, "--ca-dir", str(directory)).stdout
    shown = subprocess.run([program, "-c", f"{lines}\nprintenv SSL_CERT_FILE"], capture_output=True, check=True)
    file = Path(shown.stdout.decode().removesuffix("\n"))
    assert file.parent == directory / "bundles"
    assert inside(file)[-1] == authority(secure)


def test_a_dotenv_file_quotes_what_has_an_apostrophe(secure, tmp_path) -> None:
    directory = tmp_path / 'o\'brien "$x"'
    lines = run("env", "--shell", "dotenv", "--url", secure.url, "--ca-dir", str(directory)).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("SSL_CERT_FILE=")]
    assert line.startswith(f'SSL_CERT_FILE="{tmp_path}/o\'brien \\"\\$x\\"/bundles/')


def test_asking_twice_gives_the_same_and_no_second_file(secure, tmp_path) -> None:
    first = env(secure, tmp_path)
    second = env(secure, tmp_path, **{name: first[name] for name in VARIABLES})
    assert second == first
    assert len(list((tmp_path / "mine" / "bundles").iterdir())) == 1


def test_certificates_that_a_variable_named_before_stay_trusted(secure, tmp_path) -> None:
    companies = {name: Company(tmp_path, name) for name in VARIABLES}
    found = env(secure, tmp_path, **{name: str(one.file) for name, one in companies.items()})
    kept = inside(found["SSL_CERT_FILE"])
    assert kept == [*(one.der for one in companies.values()), authority(secure)]
    again = env(secure, tmp_path, **{name: found[name] for name in VARIABLES})
    assert again == found


def test_a_client_without_a_variable_keeps_the_machine_s_roots(secure, tmp_path) -> None:
    machines = inside(env(secure, tmp_path)["SSL_CERT_FILE"])[:-1]
    company = Company(tmp_path)
    kept = inside(env(secure, tmp_path, REQUESTS_CA_BUNDLE=str(company.file))["CURL_CA_BUNDLE"])
    assert set(kept) == {*machines, company.der, authority(secure)}


def test_a_directory_of_certificates_is_read_as_openssl_does(secure, tmp_path) -> None:
    directory, company, other = tmp_path / "certs", Company(tmp_path), Company(tmp_path, "Other")
    directory.mkdir()
    company.file.rename(directory / "1a2b3c4d.0")
    other.file.rename(directory / "notes.pem")
    kept = inside(env(secure, tmp_path, SSL_CERT_DIR=str(directory))["SSL_CERT_FILE"])
    assert company.der in kept
    assert other.der not in kept


def test_an_authority_of_yesterday_is_left_out(secure, tmp_path) -> None:
    old = Authority.at(tmp_path / "old", []).file
    kept = inside(env(secure, tmp_path, SSL_CERT_FILE=str(old))["SSL_CERT_FILE"])
    assert kept == inside(env(secure, tmp_path)["SSL_CERT_FILE"])


def test_a_file_that_is_not_there_is_told_and_the_machine_s_roots_stand_in(secure, tmp_path) -> None:
    gone = str(tmp_path / "gone.pem")
    done = run("env", "--json", "--url", secure.url, "--ca-dir", str(tmp_path), CURL_CA_BUNDLE=gone)
    assert f"CURL_CA_BUNDLE names {gone}, which is not there; the machine's own certificates stand in" in done.stderr
    assert len(inside(json.loads(done.stdout)["CURL_CA_BUNDLE"])) > 10


def test_a_machine_without_roots_is_told(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(roots, "_of_machine", list)
    pem = Authority.at(tmp_path, []).pem
    bundle = roots.bundle(pem, {})
    assert roots.certificates(bundle.content) == roots.certificates(pem)
    assert bundle.complaints == (
        "this machine has no root certificates, so that programs will trust the emulator and nobody else; install "
        "ca-certificates, or let SSL_CERT_FILE name them",
    )


def test_where_openssl_knows_no_roots_the_usual_places_are_looked_at_then_python_s_own(monkeypatch, tmp_path) -> None:
    nowhere = ssl.get_default_verify_paths()._replace(openssl_cafile="/nowhere", openssl_capath="/nowhere")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    company = Company(tmp_path)
    monkeypatch.setattr(roots, "_PLACES", ("/nowhere", str(company.file)))
    assert roots.certificates(roots.bundle(b"", {}).content) == [company.der]
    monkeypatch.setattr(roots, "_PLACES", ())
    assert set(roots.certificates(roots.bundle(b"", {}).content)) == set(inside(certifi.where()))


def test_only_the_last_files_are_kept(tmp_path) -> None:
    kept = [roots.keep(b"%d" % number, tmp_path) for number in range(40)]
    for age, file in enumerate(reversed([file for file in kept if file.exists()])):
        os.utime(file, (1_700_000_000 - age, 1_700_000_000 - age))
    assert roots.keep(kept[-1].read_bytes(), tmp_path) == kept[-1]
    assert len(list((tmp_path / "bundles").iterdir())) == 16


def test_a_file_that_was_tampered_with_is_written_anew(tmp_path) -> None:
    file = roots.keep(b"right", tmp_path)
    file.write_bytes(b"wrong")
    assert roots.keep(b"right", tmp_path) == file
    assert file.read_bytes() == b"right"


def test_a_directory_that_cannot_be_used_is_exit_code_2_and_nothing_is_printed(secure, tmp_path) -> None:
    (tmp_path / "file").touch()
    done = run("env", "--url", secure.url, "--ca-dir", str(tmp_path / "file" / "below"))
    assert (done.returncode, done.stdout) == (2, "")
    assert f"cannot be kept in {tmp_path}/file/below: Not a directory; --ca-dir names another directory" in done.stderr


def test_https_of_an_emulator_that_speaks_none_is_refused(server) -> None:
    done = run("env", "--tls", "--url", server.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "this emulator speaks no TLS, and has no authority to trust: start it with --tls-port" in done.stderr


def test_https_of_an_emulator_that_does_not_run_is_refused() -> None:
    done = run("env", "--tls", "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no emulator answers at http://127.0.0.1:1" in done.stderr


def test_what_is_no_emulator_s_authority_is_not_trusted(secure, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(secure.emulator, "tls", Tls(443, Company(tmp_path).file.read_bytes()))
    done = run("env", "--url", secure.url, "--ca-dir", str(tmp_path / "mine"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "what it hands out to be trusted is no emulator's authority" in done.stderr
    assert not (tmp_path / "mine").exists()


# exec


CALL = "import os, urllib.request as u; print(u.urlopen(os.environ['EMULATOR_TLS_URL'] + '/_emulator/health').status)"
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


def test_a_command_of_exec_trusts_the_emulator_and_whom_it_trusted_before(tmp_path) -> None:
    company = Company(tmp_path)
    options = ("--tls-port", "0", "--host", "0.0.0.0", "--ca-dir", str(tmp_path / "ca"))
    done = run("exec", *options, "--", sys.executable, "-c", SHOW, SSL_CERT_FILE=str(company.file))
    found = json.loads(done.stdout)
    assert found["EMULATOR_TLS_URL"].startswith("https://127.0.0.1:")
    assert len({found[name] for name in VARIABLES}) == 1
    kept = inside(found["SSL_CERT_FILE"])
    assert kept[-1:] == inside(tmp_path / "ca" / "ca.pem")
    assert company.der in kept


def test_a_command_of_exec_calls_over_tls_with_nothing_else_set(tmp_path) -> None:
    done = run("exec", "--tls-port", "0", "--ca-dir", str(tmp_path), "--", sys.executable, "-c", CALL)
    assert (done.stdout, done.stderr) == ("200\n", "")


def test_the_lines_work_in_a_shell_as_the_help_says(secure, tmp_path) -> None:
    script = f"""eval "$({" ".join(COMMAND)} env --shell sh)"; exec {sys.executable} -c "{CALL}" """
    variables = {**os.environ, "EMULATOR_URL": secure.url, "EMULATOR_CA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", script], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == "200\n"
