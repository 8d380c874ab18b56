#!/usr/bin/env python3
"""Measures the main job on the emulated AWS: size of the agent, memory and time to collect, size of the bundle, time to results.

usage: account.py PROGRAMS PYTHON [--seed company|large] [--roles N --instances N --buckets N]

PROGRAMS is a folder with the four programs, built for release and stripped:
    swift build -c release --static-swift-stdlib -Xlinker -s
PYTHON is one that has moto (.build/test-python/bin/python3 after Deploy/test). Everything runs on loopback and is ended at the end.
Figures go to standard output as one JSON object.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port, process, seconds=300):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            sys.exit(f"a server ended with status {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nothing listens on port {port}")


def measured(command, env):
    """Runs a program in a process of its own and gives wall seconds, peak resident memory in MiB and its output."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        start = time.monotonic()
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        seconds = time.monotonic() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        with os.fdopen(writer, "w") as out:
            json.dump({"status": done.returncode, "seconds": seconds, "peakMiB": peak, "out": done.stdout, "err": done.stderr}, out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as text:
        answer = json.load(text)
    os.waitpid(child, 0)
    if answer["status"] != 0:
        sys.exit(f"{command}: status {answer['status']}\n{answer['err']}")
    return answer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", type=pathlib.Path)
    parser.add_argument("python")
    parser.add_argument("--seed", default="company")
    for name in ("roles", "instances", "buckets"):
        parser.add_argument(f"--{name}")
    options = parser.parse_args()
    programs = options.programs.resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="clr-bench-"))
    os.chmod(folder, 0o755)
    sizes = [f"--{name}={getattr(options, name)}" for name in ("roles", "instances", "buckets") if getattr(options, name)]
    moto, listen, gateway = free_port(), free_port(), free_port()
    processes = []
    try:
        sample = subprocess.Popen(
            [options.python, ROOT / "Deploy/SampleCloud/serve.py", "--port", str(moto), "--seed", options.seed, *sizes],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        processes.append(sample)
        wait_for_port(moto, sample)
        plain = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        cloud = plain | {
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{moto}"}
        server, data, profile = programs / "cloudryption-server", folder / "data", folder / "profile.json"
        started = json.loads(subprocess.run(
            [server, "bootstrap", "--data", data, "--tenant", "bench", "--environment", "bench", "--admin", "a@bench.example", "--console-port",
             str(listen), "--cli-profile", profile, "--json"], env=plain, check=True, capture_output=True, text=True).stdout)
        log = open(folder / "server.log", "w")
        control = subprocess.Popen(
            [server, "serve", "--data", data, "--listen", f"127.0.0.1:{listen}", "--agent-listen", f"127.0.0.1:{gateway}", "--public-name",
             "localhost", "--with-work", "--worker", programs / "cloudryption-worker"], env=plain, stdout=log, stderr=log)
        processes.append(control)
        wait_for_port(gateway, control)
        token = subprocess.run(
            [server, "enrolment-token", "--data", data, "--environment", "bench"], env=plain, check=True, capture_output=True,
            text=True).stdout.strip()
        agent, state = programs / "cloudryption-agent", folder / "state"
        measured([str(agent), "enroll", "--server", f"https://localhost:{listen}", "--ca-pin", started["caPin"], "--token", token, "--state",
                  str(state)], cloud)
        collected = measured([str(agent), "run", "--once", "--state", str(state)], cloud)
        uploaded = time.monotonic()
        size = next(int(word.split("=")[1]) for line in collected["err"].splitlines() if " sealed " in line
                    for word in line.split() if word.startswith("bytes="))
        while True:
            runs = json.loads(subprocess.run(
                [programs / "cloudryption", "runs", "--output", "json"], env=plain | {"CLOUDRYPTION_PROFILE": str(profile)}, check=True,
                capture_output=True, text=True).stdout)["data"]
            if runs and runs[0]["status"] in ("succeeded", "failed"):
                break
            time.sleep(0.05)
        results = time.monotonic() - uploaded
        records, out = folder / "records", folder / "results"
        measured([str(agent), "collect", "--out", str(records)], cloud)
        analysed = measured([str(programs / "cloudryption"), "analyze", str(records), "--out", str(out)], plain)
        summary = json.loads((out / "summary.json").read_text())
        print(json.dumps({
            "agentBytes": agent.stat().st_size, "collectSealUploadSeconds": round(collected["seconds"], 2),
            "agentPeakMiB": round(collected["peakMiB"], 1), "bundleBytes": size, "run": runs[0]["status"],
            "uploadToResultsSeconds": round(results, 2), "analyzeSeconds": round(analysed["seconds"], 2),
            "analyzePeakMiB": round(analysed["peakMiB"], 1), "counts": summary["counts"], "paths": summary["paths"],
        }, indent=2))
    finally:
        for process in reversed(processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(folder, ignore_errors=True)


main()
