"""A TCP proxy that behaves like a slower network: with a delay each way, or a rate for each connection or for all.

    link.py --to PORT [--delay MILLISECONDS | --rate BYTES_PER_SECOND | --total BYTES_PER_SECOND]

It listens on a free loopback port, which it prints. For each line on standard input it prints what it has forwarded so
far, as JSON. It ends when standard input does, so that it never outlives who started it.

- Delay: every byte arrives that much later, in order, and as fast as it was sent. A connection that is opened costs a
  round trip of its own, as a TCP handshake does: its first bytes leave one round trip after it was accepted.
- Rate: a token bucket for each direction of each connection.
- Total: a token bucket for each direction of all connections together.
"""

import argparse
import json
import os
import queue
import signal
import socket
import sys
import threading
import time

# Where each connection has its rate, 8 MiB/s are a piece of this size every 8 ms: steady, and still cheap.
PACED_PIECE = 64 << 10
PIECE = 256 << 10
# What the bucket holds: on a busy machine 64 ms of oversleeping are made up for, and 128 MiB at 8 MiB/s still take
# 15.94 s instead of 16.
BURST = 512 << 10
# Pieces on the way: 64 MiB, far more than any loopback moves in the delay.
IN_FLIGHT = 256


class Bucket:
    """Says how long to wait before so many bytes may go on."""

    def __init__(self, rate):
        self.rate = rate
        self.ready = 0.0
        self.lock = threading.Lock()

    def take(self, count):
        with self.lock:
            now = time.monotonic()
            self.ready = max(self.ready, now - BURST / self.rate)
            wait = self.ready - now
            self.ready += count / self.rate
        if wait > 0:
            time.sleep(wait)


class Counters:
    """What went through, both directions apart."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bytes = {"up": 0, "down": 0}
        self.connections = 0
        self.open = 0

    def moved(self, direction, count):
        with self.lock:
            self.bytes[direction] += count

    def opened(self, change):
        with self.lock:
            self.connections += change > 0
            self.open += change

    def report(self):
        with self.lock:
            own = {"connections": self.connections, "open": self.open, "cpu_s": time.process_time()}
            return self.bytes | own


def send_all(sink, data):
    """Sends, or says that nobody is there any more."""
    try:
        sink.sendall(data)
    except OSError:
        return False
    return True


def receive(source, size):
    try:
        return source.recv(size)
    except OSError:
        return b""


def close_for(sink, how):
    try:
        sink.shutdown(how)
    except OSError:
        pass


def forward(source, sink, direction, counters, bucket, size):
    """One direction of a connection, at full speed or paced."""
    while data := receive(source, size):
        counters.moved(direction, len(data))
        if bucket:
            bucket.take(len(data))
        if not send_all(sink, data):
            # Whoever sends is to notice at once that nobody listens.
            close_for(source, socket.SHUT_RDWR)
            return
    close_for(sink, socket.SHUT_WR)


def forward_later(source, sink, direction, counters, delay_s, not_before):
    """One direction of a connection, every byte `delay_s` later."""
    on_the_way = queue.Queue(IN_FLIGHT)

    def deliver():
        while True:
            due, data = on_the_way.get()
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            if not data:
                close_for(sink, socket.SHUT_WR)
                return
            if not send_all(sink, data):
                close_for(source, socket.SHUT_RDWR)
                while data:
                    _, data = on_the_way.get()
                return

    deliverer = threading.Thread(target=deliver, daemon=True)
    deliverer.start()
    data = b"-"
    while data:
        data = receive(source, PIECE)
        counters.moved(direction, len(data))
        on_the_way.put((max(time.monotonic(), not_before) + delay_s, data))
    deliverer.join()


def serve(client, options, counters, shared):
    """One connection, from its acceptance to its end."""
    accepted = time.monotonic()
    counters.opened(1)
    with client:
        try:
            server = socket.create_connection(("127.0.0.1", options.to))
        except OSError:
            counters.opened(-1)
            return
        with server:
            delay_s = options.delay / 1000
            ways = [(client, server, "up", accepted + 2 * delay_s), (server, client, "down", 0)]
            threads = []
            for source, sink, direction, not_before in ways:
                sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if delay_s:
                    way = (forward_later, (source, sink, direction, counters, delay_s, not_before))
                elif options.rate:
                    way = (forward, (source, sink, direction, counters, Bucket(options.rate), PACED_PIECE))
                else:
                    way = (forward, (source, sink, direction, counters, shared.get(direction), PIECE))
                threads.append(threading.Thread(target=way[0], args=way[1], daemon=True))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    counters.opened(-1)


def accept_all(listener, options, counters):
    shared = {direction: Bucket(options.total) for direction in ("up", "down")} if options.total else {}
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, options, counters, shared), daemon=True).start()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=int, required=True, help="the server's port on 127.0.0.1")
    parser.add_argument("--delay", type=float, default=0, help="milliseconds, each way")
    parser.add_argument("--rate", type=int, default=0, help="bytes per second, each connection and direction")
    parser.add_argument(
        "--total", type=int, default=0, help="bytes per second, each direction, all connections together"
    )
    options = parser.parse_args()
    if sum(map(bool, (options.delay, options.rate, options.total))) > 1:
        parser.error("--delay, --rate, --total: one of them")

    # Ctrl-C reaches the whole process group; this one ends when its owner has cleaned up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.stack_size(256 << 10)
    counters = Counters()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept_all, args=(listener, options, counters), daemon=True).start()
    for _ in sys.stdin:
        print(json.dumps(counters.report()), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
