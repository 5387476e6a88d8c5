"""Plays programs that meet the world outside of a loop on CPython: one JSON program per line in, one JSON trace out.

The clock is the real one, so a trace has no times, and each step waits until its effect is certain: for a thread, or until the
loop has passed on what sockets of this process received. The steps have the names that they have in `src/outside`.
"""
import asyncio
import concurrent.futures
import gc
import json
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import warnings

# How long a thread may take to get where it must get. Only programs that were made smaller ever wait this long.
PATIENCE = 1
# The same for a child.
LONG_PATIENCE = 10


def show(value):
    match value:
        case bytes() if len(value) > 60:
            return f"{len(value)} bytes"
        case asyncio.LimitOverrunError() | asyncio.IncompleteReadError():
            return f"{type(value).__name__}({str(value)!r})"
        case ConnectionError(errno=int()):
            # Whether a read or a write fails first when a connection breaks differs: asyncio receives in the background.
            return "ConnectionError"
        case OSError(errno=int()):
            return type(value).__name__
        case _:
            return repr(value) if isinstance(value, (bytes, BaseException)) else str(value)


class Player:
    """Plays a program, with a method for each step."""

    def __init__(self, program):
        self.program = program
        self.lines = []
        self.tasks = {}

    def log(self, *parts):
        self.lines.append(" ".join(map(show, parts)))

    async def main(self):
        asyncio.get_running_loop().set_exception_handler(self.report)
        await self.begin()
        for step in self.program["steps"]:
            ((name, arguments),) = step.items()
            if self.can(arguments):
                result = getattr(self, name)(**arguments)
                if asyncio.iscoroutine(result):
                    await result
        await self.end()

    def can(self, arguments):
        """Does the object of a step exist? In a program that was made smaller it may not."""
        return True

    def report(self, _, context):
        if "never retrieved" not in context["message"]:
            self.log("handler", context["message"].split("<")[0].split("\n")[0], context.get("exception"))

    async def begin(self):
        """Runs before the steps."""

    async def end(self):
        """Runs after the steps."""

    async def settle(self):
        """Waits until the loop has passed on everything that sockets of this process received."""
        for _ in range(8):
            await asyncio.sleep(0.0003)

    async def proceed(self, key, what):
        """Continues the operation with this key, or begins it, and logs how far it is."""
        if key not in self.tasks:
            self.tasks[key] = asyncio.create_task(what())
        await self.settle()
        self.tell(key)

    def tell(self, key):
        task = self.tasks.get(key)
        if task is None:
            self.log(key, "not begun")
        elif not task.done():
            self.log(key, "pending")
        else:
            del self.tasks[key]
            if task.cancelled():
                self.log(key, "cancelled")
            else:
                self.log(key, task.exception() or task.result())

    async def give_up(self, key):
        if key in self.tasks:
            self.tasks[key].cancel()
            await self.settle()
        self.tell(key)


class Threads(Player):
    async def begin(self):
        self.jobs, self.futures = {}, {}
        self.loop = asyncio.get_running_loop()
        self.loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(self.program["workers"]))

    def can(self, arguments):
        return "fails" in arguments or arguments.get("job") in [*self.jobs, None]

    def submit(self, job, fails, to_thread):
        started, gate, ended = self.jobs[job] = [threading.Event() for _ in range(3)]

        def run():
            started.set()
            gate.wait()
            ended.set()
            if fails:
                raise ValueError(f"job {job}")
            return job
        if to_thread:
            self.tasks[job] = asyncio.create_task(asyncio.to_thread(run))
        else:
            self.tasks[job] = self.loop.run_in_executor(None, run)

    def started(self, job):
        self.log("job", job, "started", self.jobs[job][0].wait(PATIENCE))

    def open(self, job):
        self.jobs[job][1].set()

    def ended(self, job):
        self.log("job", job, "ended", self.jobs[job][2].wait(PATIENCE))

    async def arrive(self, job):
        if not self.tasks[job].done():
            await asyncio.wait([self.tasks[job]], timeout=PATIENCE)
        self.ask(job)

    def ask(self, job):
        future = self.tasks[job]
        if not future.done():
            self.log("job", job, "pending")
        elif future.cancelled():
            self.log("job", job, "cancelled")
        else:
            self.log("job", job, future.exception() or future.result())

    def cancel(self, job):
        self.log("cancel job", job, self.tasks[job].cancel())

    def callback(self, job):
        self.tasks[job].add_done_callback(lambda _: self.log("callback of job", job))

    async def ticks(self, times):
        for tick in range(times):
            await asyncio.sleep(0)
            self.log("tick", tick)

    def soon(self, number):
        self.loop.call_soon(self.log, "soon", number)

    def thread(self, calls):
        def run():
            for step in calls:
                ((name, arguments),) = step.items()
                getattr(self, name)(**arguments)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    def call(self, number):
        self.loop.call_soon_threadsafe(self.log, "call", number)

    def coroutine(self, slot, ticks, fails):
        async def run():
            self.log("coroutine", slot)
            try:
                for tick in range(ticks):
                    await asyncio.sleep(0)
                    self.log("coroutine", slot, "tick", tick)
            except asyncio.CancelledError:
                self.log("coroutine", slot, "is cancelled")
                raise
            if fails:
                raise ValueError(f"coroutine {slot}")
            return slot
        self.futures[slot] = asyncio.run_coroutine_threadsafe(run(), self.loop)

    def cancel_coroutine(self, slot):
        if slot in self.futures:
            self.log("cancel coroutine", slot, self.futures[slot].cancel())

    def ask_coroutine(self, slot):
        future = self.futures.get(slot)
        if future is None or not future.done():
            self.log("coroutine", slot, "not done")
        elif future.cancelled():
            self.log("coroutine", slot, "cancelled")
        else:
            self.log("coroutine", slot, future.exception() or future.result())

    async def end(self):
        # One after the other, so that they end in a certain order.
        for job, (_, gate, _) in self.jobs.items():
            gate.set()
            if not self.tasks[job].done():
                await asyncio.wait([self.tasks[job]], timeout=PATIENCE)


class Peer:
    """The other end of a connection: a non-blocking socket."""

    def __init__(self, player, name, sock):
        self.player, self.name, self.sock = player, name, sock
        sock.setblocking(False)
        if sock.family == socket.AF_INET:
            # Otherwise the system would wait before it sends a second piece.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

    def attempt(self, what, operation):
        try:
            self.player.log(self.name, what, operation())
        except OSError as e:
            self.player.log(self.name, what, type(e).__name__)

    def send(self, text):
        self.attempt("sends", lambda: self.sock.send(text.encode()))

    def receive(self):
        received, end = self.take()
        self.player.log(self.name, "receives", received, end)

    def take(self):
        """All that has arrived, and what follows it."""
        received, end = b"", "more may come"
        while True:
            try:
                piece = self.sock.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError as e:
                end = type(e).__name__
                break
            if not piece:
                end = "the end"
                break
            received += piece
        return received, end

    def shutdown(self):
        self.attempt("shuts down", lambda: self.sock.shutdown(socket.SHUT_WR))

    def close(self):
        self.sock.close()


class Streams(Player):
    async def begin(self):
        if self.program["tcp"]:
            listener = socket.create_server(("127.0.0.1", 0))
            near = socket.create_connection(listener.getsockname())
            far = listener.accept()[0]
            listener.close()
        else:
            near, far = socket.socketpair()
        self.peer = Peer(self, "peer", far)
        self.reader, self.writer = await asyncio.open_connection(sock=near, limit=self.program["limit"])

    async def peer_send(self, text):
        self.peer.send(text)
        await self.settle()

    async def peer_receive(self):
        self.peer.receive()
        await self.settle()

    async def peer_shutdown(self):
        self.peer.shutdown()
        await self.settle()

    async def peer_close(self):
        # Unread data would reset the connection, which asyncio would notice in the background.
        while self.peer.take()[0]:
            await self.settle()
        self.peer.close()
        await self.settle()

    async def read(self, how, number):
        match how:
            case "read":
                # A read of some bytes gets what has arrived by then, which differs: asyncio receives in the background.
                what = lambda: self.reader.read(0 if number else -1)
            case "readexactly":
                what = lambda: self.reader.readexactly(number)
            case "readline":
                what = self.reader.readline
            case "readuntil":
                what = lambda: self.reader.readuntil(b";")
        await self.proceed("read", what)

    async def cancel_read(self):
        await self.give_up("read")

    async def write(self, size):
        try:
            self.writer.write(b"w" * size)
        except RuntimeError as e:
            self.log("write", e)
        await self.settle()

    async def drain(self):
        await self.proceed("drain", self.writer.drain)

    async def write_eof(self):
        try:
            self.writer.write_eof()
        except RuntimeError as e:
            self.log("write_eof", e)
        except OSError:
            # The peer has gone; ours reports that at the next write.
            pass
        await self.settle()

    async def close(self):
        self.writer.close()
        await self.settle()

    async def abort(self):
        self.writer.transport.abort()
        await self.settle()

    async def wait_closed(self):
        await self.proceed("wait_closed", self.writer.wait_closed)

    def is_closing(self):
        self.log("is_closing", self.writer.is_closing())

    def kept(self):
        self.log("kept", self.writer.transport.get_write_buffer_size() > 0)

    def limits(self, high, low):
        try:
            self.writer.transport.set_write_buffer_limits(high, low)
        except ValueError as e:
            self.log("limits", e)
        self.log("limits", *self.writer.transport.get_write_buffer_limits())

    async def end(self):
        for task in list(self.tasks.values()):
            task.cancel()
        self.writer.transport.abort()
        await self.settle()


class OrderedSet(dict):
    """The clients of a server, which are closed in the order in which they came."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)


class Servers(Player):
    async def begin(self):
        self.peers, self.count = {}, 0
        if self.program["tcp"]:
            self.server = await asyncio.start_server(self.handle, "127.0.0.1", 0)
            self.address = self.server.sockets[0].getsockname()
        else:
            self.folder = tempfile.TemporaryDirectory()
            self.address = os.path.join(self.folder.name, "socket")
            self.server = await asyncio.start_unix_server(self.handle, self.address)
        self.server._clients = OrderedSet()

    async def handle(self, reader, writer):
        self.count += 1
        client = f"client {self.count}"
        self.log(client)
        try:
            while line := await reader.readline():
                self.log(client, "says", line)
                match line:
                    case b"bye\n":
                        break
                    case b"fail\n":
                        raise ValueError("it fails")
                    case b"much\n":
                        writer.write(b"m" * 3_000_000)
                        await writer.drain()
                        self.log(client, "is sent much")
                    case _:
                        writer.write(line.upper())
                        await writer.drain()
                if writer.is_closing():
                    # In asyncio, which receives in the background, data that arrived before the end can be read after it.
                    break
            else:
                self.log(client, "has ended")
            writer.close()
            await writer.wait_closed()
            self.log(client, "is closed")
        except BaseException as e:
            self.log(client, "raises", e)
            raise

    async def connect(self, peer):
        if peer in self.peers:
            return
        sock = socket.socket(socket.AF_INET if self.program["tcp"] else socket.AF_UNIX)
        try:
            sock.connect(self.address)
        except OSError as e:
            self.log("connect", peer, type(e).__name__)
            sock.close()
        else:
            self.peers[peer] = Peer(self, f"peer {peer}", sock)
        await self.settle()

    async def peer(self, peer, does):
        if peer in self.peers:
            ((name, arguments),) = does.items()
            if name == "close":
                while self.peers[peer].take()[0]:
                    await self.settle()
            getattr(self.peers[peer], name)(**arguments)
            if name == "close":
                del self.peers[peer]
        await self.settle()

    async def close(self):
        self.server.close()
        await self.settle()

    async def close_clients(self):
        self.server.close_clients()
        await self.settle()

    async def abort_clients(self):
        self.server.abort_clients()
        await self.settle()

    async def wait_closed(self):
        await self.proceed("wait_closed", self.server.wait_closed)

    async def serve(self):
        await self.proceed("serve_forever", self.server.serve_forever)

    async def cancel_serve(self):
        await self.give_up("serve_forever")

    def is_serving(self):
        self.log("is_serving", self.server.is_serving())

    async def end(self):
        self.server.close()
        for task in list(self.tasks.values()):
            task.cancel()
        self.server.abort_clients()
        for peer in self.peers.values():
            peer.close()
        await self.settle()


class Processes(Player):
    async def begin(self):
        pipe = asyncio.subprocess.PIPE
        error = asyncio.subprocess.STDOUT if self.program["merged"] else pipe
        self.child = await asyncio.create_subprocess_exec(
            "sh", "-c", self.program["script"], stdin=pipe, stdout=pipe, stderr=error)

    async def within(self, name, what):
        try:
            async with asyncio.timeout(LONG_PATIENCE):
                self.log(name, await what)
        except Exception as e:
            self.log(name, e)

    async def readline(self, error):
        await self.within("line", (self.child.stderr if error else self.child.stdout).readline())

    async def read(self, error):
        await self.within("rest", (self.child.stderr if error else self.child.stdout).read())

    async def write(self, text):
        async def write():
            self.child.stdin.write(text.encode())
            await self.child.stdin.drain()
        await self.within("written", write())

    async def close_stdin(self):
        async def close():
            self.child.stdin.close()
            await self.child.stdin.wait_closed()
        await self.within("closed", close())

    async def communicate(self, text):
        async def communicate():
            out, error = await self.child.communicate(None if text is None else text.encode())
            self.log("error", error)
            return out
        await self.within("output", communicate())

    async def wait(self):
        await self.within("status", self.child.wait())

    def returncode(self):
        self.log("returncode", self.child.returncode)

    def signal(self, number):
        try:
            self.child.send_signal(number)
        except ProcessLookupError as e:
            self.log("signal", type(e).__name__)

    async def end(self):
        await self.child.communicate()
        self.log("at the end", self.child.returncode)


def run(program):
    ((kind, program),) = program.items()
    player = {"threads": Threads, "streams": Streams, "servers": Servers, "processes": Processes}[kind](program)
    try:
        asyncio.run(player.main())
        player.log("returned")
    except BaseException as e:
        player.log("raised", e)
    trace = "\n".join(player.lines) + "\n"
    del player
    gc.collect()
    return trace


def main():
    warnings.simplefilter("ignore")
    logging.disable()
    sys.unraisablehook = lambda _: None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
