"""The counterpart of src/lib.rs for Python: scaling, clocks, memory, and the line of a run."""

import os
import resource
import socket
import subprocess
import sys
import time

HOUR = 3600
SCALE = float(os.environ.get("SCALE", "1"))
WORKLOADS = {}


def workload(function):
    """Adds a coroutine function to the workloads, under its name."""
    WORKLOADS[function.__name__] = function
    return function


def scaled(count):
    return max(1, int(count * SCALE))


def memory_kib(key):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(key))


def report(operations, ns, cpu_ns, more=""):
    peak = memory_kib("VmHWM:")
    print(
        f"operations={operations} ns={ns / operations:.2f} cpu_ns={cpu_ns / operations:.2f}"
        f" peak_kib={peak} {more}",
        flush=True,
    )


class Run:
    """One measured period, from its creation to `done`."""

    def __init__(self):
        self.cpu = time.process_time_ns()
        self.start = time.perf_counter_ns()

    def done(self, operations, more=""):
        ns = time.perf_counter_ns() - self.start
        report(operations, ns, time.process_time_ns() - self.cpu, more)


class Idle:
    """The memory of many idle tasks. The list of handles is created first, and does not count."""

    def __init__(self, count):
        self.handles = [None] * count
        self.before = memory_kib("VmRSS:")
        self.run = Run()

    def done(self):
        count = len(self.handles)
        grown = (memory_kib("VmRSS:") - self.before) * 1024
        self.run.done(count, f"bytes_per_task={grown / count:.1f}")
        # Destroying the tasks is not part of the workload.
        os._exit(0)


class Load:
    """The client of a TCP workload, the same program as for the Rust peers."""

    def __init__(self, mode, count):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        port = self.socket.getsockname()[1]
        command = [os.environ["BENCH_CLIENT"], mode, str(port), str(count)]
        self.client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.user = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        self.cpu = time.process_time_ns()

    def done(self):
        cpu = time.process_time_ns() - self.cpu
        user = (resource.getrusage(resource.RUSAGE_SELF).ru_utime - self.user) * 1e9
        said, _ = self.client.communicate()
        if self.client.returncode:
            sys.exit(f"the client failed: {said}")
        operations, served, ns, more = said.strip().split(" ", 3)
        operations, served = int(operations), int(served)
        more = f"user_ns={user / served:.0f} {more}"
        report(operations, int(ns), cpu * operations / served, more)
