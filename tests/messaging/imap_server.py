"""A mailbox over a real socket: as much of IMAP (RFC 3501) as a reader needs."""

import re
import socketserver
import threading


class _Handler(socketserver.StreamRequestHandler):
    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        box = self.server.box
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _space, command = line.decode().strip().partition(" ")
            box.commands.append(command)
            name = command.split()[0].upper()
            if name == "CAPABILITY":
                self.say("* CAPABILITY IMAP4rev1")
            elif name == "LOGIN" and not command.endswith(f'"{box.password}"'):
                self.say(f"{tag} NO [AUTHENTICATIONFAILED] wrong password")
                continue
            elif name == "EXAMINE":
                if f'"{box.folder}"' not in command and "INBOX" not in command:
                    self.say(f"{tag} NO no such folder")
                    continue
                self.say(f"* {len(box.mails)} EXISTS")
                self.say(f"* OK [UIDVALIDITY {box.validity}] valid")
            elif command.upper().startswith("UID SEARCH"):
                first = int(re.search(r"UID (\d+):", command)[1])
                uids = [uid for uid in sorted(box.mails) if uid >= first] or sorted(box.mails)[-1:]
                self.say("* SEARCH " + " ".join(map(str, uids)))
            elif command.upper().startswith("UID FETCH"):
                uid = int(command.split()[2])
                size = int(re.search(r"<0\.(\d+)>", command)[1])
                raw = box.mails[uid][:size]
                self.wfile.write(
                    f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"
                )
                if box.hang_up_after == uid:
                    return
            elif name == "LOGOUT":
                self.say("* BYE")
                self.say(f"{tag} OK")
                return
            self.say(f"{tag} OK done")


class MailServer:
    """``mails``: {UID: bytes}; use as a context manager."""

    def __init__(self):
        self.mails: dict[int, bytes] = {}
        self.folder = "INBOX"
        self.validity, self.password, self.hang_up_after = 7, "pa ss", 0
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
