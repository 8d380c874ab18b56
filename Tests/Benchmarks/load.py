"""Sign-ins, API reads and audited writes a second, against the real server over TLS on loopback.

    python3 load.py PROGRAMS [--postgres] [--seconds N] [--callers N]

PROGRAMS is a folder with cloudryption-server of a release build. Makes an installation in a temporary folder, with --postgres in a
PostgreSQL server of its own there too, and prints for each question how many were answered a second, and how long half of them and 99 of
100 took at most. Callers keep their connections. Python 3.9 with its standard library; callers are processes, so that none waits for another.
"""

import argparse
import glob
import http.client
import json
import multiprocessing
import os
import pathlib
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time


TENANTS = 32


def free_port():
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


class Installation:
    def __init__(self, programs, postgres):
        # PostgreSQL's user has to pass through to its own folder.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="clr-load-", dir="/tmp"))
        self.folder.chmod(0o711)
        self.server = str(programs / "cloudryption-server")
        self.port, gateway = free_port(), free_port()
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        self.running = []
        if postgres:
            self.start_postgres()
        log = open(self.folder / "server.log", "wb")
        self.running.append(subprocess.Popen(
            [self.server, "serve", "--data", str(self.folder / "data"), "--listen", f"127.0.0.1:{self.port}", "--agent-listen",
             f"127.0.0.1:{gateway}", "--public-name", "localhost"], env=self.environment, stdout=log, stderr=log))
        self.trust = str(self.folder / "data/tls/ca.pem")
        for _ in range(300):
            try:
                if Caller(self).ask("GET", "/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit((self.folder / "server.log").read_text())
        self.fill()

    def start_postgres(self):
        programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))[-1]
        folder = self.folder / "postgres"
        folder.mkdir()
        lead = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            lead = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        subprocess.run([*lead, f"{programs}/initdb", "-D", f"{folder}/data", "-U", "root", "--auth=trust", "--locale=C", "--encoding=UTF8"],
                       check=True, **quiet)
        self.running.append(subprocess.Popen(
            [*lead, f"{programs}/postgres", "-D", f"{folder}/data", "-k", str(folder), "-c", "listen_addresses="], **quiet))
        while subprocess.run([f"{programs}/pg_isready", "-q", "-h", str(folder)], check=False).returncode:
            time.sleep(0.1)
        psql = [f"{programs}/psql", "-q", "-h", str(folder), "-U", "root", "-d", "postgres", "-c"]
        subprocess.run([*psql, "CREATE DATABASE load"], check=True)
        self.environment["CLOUDRYPTION_DATABASE"] = f"postgres://root@/load?host={folder}"
        self.operate("migrate")
        subprocess.run([*psql, "CREATE ROLE serving LOGIN"], check=True)
        subprocess.run([*psql, "GRANT cloudryption_app TO serving"], check=True)
        self.environment["CLOUDRYPTION_DATABASE"] = f"postgres://serving@/load?host={folder}"

    def operate(self, *arguments):
        """A command of the operator's, beside the running server."""
        return subprocess.run([self.server, *arguments, "--data", str(self.folder / "data")], env=self.environment, check=True,
                              capture_output=True, text=True).stdout

    def fill(self):
        """Many tenants, each with an admin's session, a viewer with a password of their own and an API token: one tenant may ask 200 times
        a second and one caller 40 times, and what is measured here is the server."""
        self.viewers, self.tokens, self.admins = [], [], []
        password = "a sentence that nobody guesses"
        for number in range(TENANTS):
            name, profile = f"tenant{number}", str(self.folder / f"profile{number}.json")
            self.operate("bootstrap", "--tenant", name, "--environment", "production", "--admin", f"admin{number}@load.example",
                         "--console-port", str(self.port), "--cli-profile", profile)
            self.admins.append(json.loads(pathlib.Path(profile).read_text())["token"])
            email = f"viewer{number}@load.example"
            made = self.operate("user", "create", "--tenant", name, "--email", email, "--role", "viewer", "--json")
            status, text = Caller(self).ask(
                "POST", "/api/v1/session", {"email": email, "password": json.loads(made)["oneTimePassword"], "newPassword": password})
            assert status == 200, text
            self.viewers.append((email, password))
            self.operate("user", "create", "--tenant", name, "--email", f"ci{number}@load.example", "--role", "serviceAccount")
            self.tokens.append(self.operate(
                "token", "create", "--tenant", name, "--account", f"ci{number}@load.example", "--name", "load", "--scope",
                "readResults").strip())

    def end(self):
        for process in reversed(self.running):
            process.terminate()
            process.wait()
        shutil.rmtree(self.folder)


class Caller:
    def __init__(self, installation):
        context = ssl.create_default_context(cafile=installation.trust)
        self.connection = http.client.HTTPSConnection("localhost", installation.port, context=context, timeout=60)

    def ask(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def work(installation, question, number, callers, until, results):
    caller = Caller(installation)
    times, refused = [], 0
    count = 0
    while time.monotonic() < until:
        begin = time.monotonic()
        # Never two callers at one tenant at the same moment, and every tenant in turn.
        status, _ = question(installation, caller, (number + count * callers) % TENANTS, count)
        count += 1
        if status in (200, 201, 204):
            times.append(time.monotonic() - begin)
        elif status == 429:
            # The limit of one caller or tenant: part of the product, and not what is measured.
            refused += 1
            time.sleep(0.02)
        else:
            # Said to the parent, which waits for every caller.
            results.put(f"{question.__name__} was answered {status}")
            return
    results.put((times, refused))


def sign_in(installation, caller, place, _):
    email, password = installation.viewers[place]
    return caller.ask("POST", "/api/v1/session", {"email": email, "password": password})


def read(installation, caller, place, _):
    return caller.ask("GET", "/api/v1/environments", token=installation.tokens[place])


def write(installation, caller, place, count):
    # Settings may be set as often as one likes; of most other things a tenant may have so many only.
    path, settings = "/api/v1/environments/production/agent-settings", {"interval": 300 + count % 600_000}
    return caller.ask("PUT", path, settings, token=installation.admins[place])


def measure(installation, name, question, callers, seconds):
    results = multiprocessing.Queue()
    until = time.monotonic() + seconds
    processes = [
        multiprocessing.Process(target=work, args=(installation, question, number, callers, until, results)) for number in range(callers)
    ]
    for process in processes:
        process.start()
    times, refused = [], 0
    for _ in processes:
        answer = results.get()
        if isinstance(answer, str):
            raise SystemExit(answer)
        some, limited = answer
        times += some
        refused += limited
    for process in processes:
        process.join()
    times.sort()
    half, most = times[len(times) // 2] * 1000, times[min(len(times) * 99 // 100, len(times) - 1)] * 1000
    print(f"{name:14} {callers:3} callers  {len(times) / seconds:8.0f}/s  p50 {half:7.1f} ms  p99 {most:7.1f} ms"
          + (f"  ({refused} told to wait)" if refused else ""), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--callers", type=int, default=8)
    options = parser.parse_args()
    multiprocessing.set_start_method("fork")
    installation = Installation(options.programs.resolve(), options.postgres)
    try:
        print("PostgreSQL" if options.postgres else "SQLite")
        for name, question in [("sign-ins", sign_in), ("API reads", read), ("audited writes", write)]:
            for callers in (1, options.callers):
                measure(installation, name, question, callers, options.seconds)
    finally:
        installation.end()


if __name__ == "__main__":
    main()
