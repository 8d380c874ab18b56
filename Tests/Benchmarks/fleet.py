#!/usr/bin/env python3
"""Measures what one node carries: enrolments and signs of life, over real TLS with client certificates; and how long a revocation takes.

usage: fleet.py PROGRAMS [--database postgres://…] [--agents N] [--seconds S] [--clients N]

PROGRAMS is a folder with cloudryption-server and cloudryption, built for release. Run it with a Python that has `cryptography`
(.build/test-python/bin/python3 after Deploy/test). With --database the server keeps everything in that empty PostgreSQL database, and a second
node on it shows how long a revocation takes from one node to the other. Everything runs on loopback and is ended at the end.

The clients share the machine with the server, so rates are lower bounds; processor time of the server for each request says more: a core gives
1000 ms of it a second. Figures go to standard output as one JSON object.
"""
import argparse
import http.client
import json
import multiprocessing
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

JSON = {"Content-Type": "application/json"}
BEAT = json.dumps({
    "agentVersion": "0.1.0", "hostname": "bench", "platform": "linux/x86_64", "spoolDepth": 0, "clock": "2026-01-01T00:00:00Z",
    "missingPermissions": [], "authorities": ["sha256:" + "00" * 32],
})


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, process):
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"a server ended with status {process.returncode}")


def processor_seconds(pid):
    """User and system time of all threads of a process, from /proc/PID/stat."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Plane:
    """A fresh installation, served on loopback."""

    def __init__(self, programs, folder, database):
        self.programs, self.folder, self.nodes = programs, folder, []
        self.env = {"HOME": folder, "PATH": os.environ["PATH"], "CLOUDRYPTION_PROFILE": folder + "/profile.json"}
        if database:
            self.env["CLOUDRYPTION_DATABASE"] = database
        self.data = folder + "/data"
        site, _ = self.ports = free_port(), free_port()
        self.run("cloudryption-server", "bootstrap", "--data", self.data, "--tenant", "Bench", "--environment", "production", "--admin",
                 "admin@bench.example", "--console-port", str(site), "--cli-profile", self.env["CLOUDRYPTION_PROFILE"], "--json")
        self.start(*self.ports)

    def run(self, program, *arguments):
        done = subprocess.run([self.programs + "/" + program, *arguments], env=self.env, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{program} {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def start(self, site, gateway):
        node = subprocess.Popen(
            [self.programs + "/cloudryption-server", "serve", "--data", self.data, "--listen", f"127.0.0.1:{site}", "--agent-listen",
             f"127.0.0.1:{gateway}", "--public-name", "localhost"], env=self.env, stderr=subprocess.DEVNULL)
        self.nodes.append(node)
        wait_for_port(gateway, node)
        wait_for_port(site, node)

    def stop(self):
        for node in self.nodes:
            node.terminate()
        for node in self.nodes:
            node.wait()



def site(port, authority):
    return http.client.HTTPSConnection("localhost", port, context=ssl.create_default_context(cafile=authority))


def tokens(plane, count):
    """One-time tokens through the API, as fast as it lets one caller ask."""
    session = json.loads(pathlib.Path(plane.env["CLOUDRYPTION_PROFILE"]).read_text())["token"]
    headers = {**JSON, "Authorization": "Bearer " + session}
    connection, made = site(plane.ports[0], plane.data + "/tls/ca.pem"), []
    while len(made) < count:
        connection.request("POST", "/api/v1/enrolment-tokens", json.dumps({"environment": "production"}), headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status == 201:
            made.append(body["token"])
        elif answer.status == 429:
            time.sleep(float(answer.headers["Retry-After"]))
        else:
            sys.exit(f"token: {body}")
    return made


def wish(token):
    """A key, and the request to enrol with it: what the agent does itself, so it is not measured."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "agent")]))
    text = csr.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    body = {"method": "token", "token": token, "csr": text, "agentVersion": "0.1.0", "hostname": "bench", "platform": "linux/x86_64"}
    return pem, json.dumps(body)


def enrol(job):
    """Enrols agents one after the other, each on a connection of its own, and leaves their files."""
    port, authority, folder, wishes = job
    made = []
    for pem, body in wishes:
        connection = site(port, authority)
        connection.request("POST", "/v1/enrolment", body, JSON)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"enrolment: {said}")
        base = f"{folder}/{said['agent']}"
        pathlib.Path(base + ".key").write_text(pem)
        pathlib.Path(base + ".pem").write_text("\n".join(said["certificates"]))
        pathlib.Path(base + ".ca").write_text("\n".join(said["authorities"]))
        made.append(base)
    return made


def context(base):
    made = ssl.create_default_context(cafile=base + ".ca")
    made.load_cert_chain(base + ".pem", base + ".key")
    return made


def beats(job):
    """Signs of life of these agents in turn until time is up: on connections that stay, or each on a fresh one with a whole handshake."""
    agents, port, seconds, stay = job
    contexts = [context(base) for base in agents]
    open_ones = [http.client.HTTPSConnection("localhost", port, context=one) for one in contexts] if stay else []
    for connection in open_ones:
        connection.connect()
    done, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        at = done % len(agents)
        connection = open_ones[at] if stay else http.client.HTTPSConnection("localhost", port, context=contexts[at])
        connection.request("POST", "/v1/heartbeat", BEAT, JSON)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"heartbeat: {answer.status} {body}")
        if not stay:
            connection.close()
        done += 1
    return done


def measure(plane, pool, work, jobs, count):
    """Rate and the first node's processor time of what the jobs do together."""
    before, start = processor_seconds(plane.nodes[0].pid), time.monotonic()
    answers = pool.map(work, jobs)
    seconds, spent = time.monotonic() - start, processor_seconds(plane.nodes[0].pid) - before
    done = count(answers)
    return answers, {"done": done, "perSecond": round(done / seconds, 1), "processorMilliseconds": round(spent * 1000 / done, 3)}


def revocation(plane, base, port):
    """Seconds from the command's start, and from its end, to the refusal on a connection that is open to the node at `port`."""
    connection = http.client.HTTPSConnection("localhost", port, context=context(base))
    connection.connect()
    connection.auto_open = 0

    def status():
        connection.request("POST", "/v1/heartbeat", BEAT, JSON)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    if status() != 200:
        sys.exit("the agent to be revoked is not let in")
    start = time.monotonic()
    command = subprocess.Popen(
        [plane.programs + "/cloudryption", "agents", "revoke", base.rpartition("/")[2]], env=plane.env, stderr=subprocess.DEVNULL)
    ended = None
    while status() == 200:
        if ended is None and command.poll() is not None:
            ended = time.monotonic()
    refused = time.monotonic()
    command.wait()
    if command.returncode != 0:
        sys.exit("revoke failed")
    return {"fromStartOfCommand": round(refused - start, 3), "afterItsEnd": round(refused - ended, 3) if ended else 0}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("--database")
    parser.add_argument("--agents", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plane = Plane(os.path.abspath(options.programs), folder, options.database)
        try:
            wishes = [wish(token) for token in tokens(plane, options.agents)]
            with multiprocessing.Pool(options.clients) as pool:
                authority = plane.data + "/tls/ca.pem"
                jobs = [(plane.ports[0], authority, folder, wishes[part::options.clients]) for part in range(options.clients)]
                answers, enrolments = measure(plane, pool, enrol, jobs, lambda made: sum(map(len, made)))
                agents = [base for part in answers for base in part]
                figures = {"database": "postgresql" if options.database else "sqlite", "enrolments": enrolments}
                for name, stay in [("heartbeatsOnOpenConnections", True), ("heartbeatsOnFreshConnections", False)]:
                    jobs = [(agents[part::options.clients], plane.ports[1], options.seconds, stay) for part in range(options.clients)]
                    figures[name] = measure(plane, pool, beats, jobs, sum)[1]
            fresh = figures["heartbeatsOnFreshConnections"]
            figures["agentsAtOneHeartbeatAMinute"] = {
                "measured": int(fresh["perSecond"] * 60), "perCoreOfTheServer": int(60_000 / fresh["processorMilliseconds"]),
            }
            peak = pathlib.Path(f"/proc/{plane.nodes[0].pid}/status").read_text().partition("VmHWM:")[2].split()[0]
            figures["peakMiB"] = int(peak) // 1024
            if options.database:
                second = free_port(), free_port()
                plane.start(*second)
                taken = [revocation(plane, base, second[1]) for base in agents[:10]]
                figures["revocationOnTheOtherNode"] = {"seconds": taken, "worst": max(one["fromStartOfCommand"] for one in taken)}
            print(json.dumps(figures, indent=2))
        finally:
            plane.stop()


if __name__ == "__main__":
    main()
