"""A mailbox over a real socket: as much of POP3 (RFC 1939) as a reader needs."""

import socketserver
import threading


class _Handler(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def lines(self, lines) -> None:
        self.say("+OK")
        for line in lines:
            self.wfile.write((b"." if line.startswith(b".") else b"") + line + b"\r\n")
        self.wfile.write(b".\r\n")

    def handle(self):
        box = self.server.box
        mails = list(box.mails.items())
        self.say("+OK ready")
        while line := self.rfile.readline():
            command = line.decode().strip()
            box.commands.append(command)
            name, *rest = command.split(" ")
            if name == "PASS" and command != f"PASS {box.password}":
                self.say("-ERR wrong password")
            elif name == "UIDL":
                self.lines(f"{n} {uid}".encode() for n, (uid, _raw) in enumerate(mails, 1))
            elif name == "LIST":
                self.lines(f"{n} {len(raw)}".encode() for n, (_uid, raw) in enumerate(mails, 1))
            elif name in ("RETR", "TOP"):
                uid, raw = mails[int(rest[0]) - 1]
                if uid == box.hang_up_at:
                    return
                head, _gap, body = raw.partition(b"\r\n\r\n")
                lines = body.split(b"\r\n")
                lines = lines[: int(rest[1])] if name == "TOP" else lines
                self.lines([*head.split(b"\r\n"), b"", *lines])
            elif name == "QUIT":
                self.say("+OK bye")
                return
            else:
                self.say("+OK")


class PopServer:
    """``mails``: {name: bytes}; use as a context manager."""

    def __init__(self):
        self.mails: dict[str, bytes] = {}
        self.password, self.hang_up_at = "pa ss", ""
        self.commands: list[str] = []

    def __enter__(self):
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.box = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()
