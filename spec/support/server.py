"""server.py FOLDER: a small web server on the loopback, for the specs of downloads.

Prints its port. Serves the folder's files below
    /good/   ranges are honoured
    /whole/  ranges are ignored
    /cut/    the connection closes after half of the file, unless a range is asked for
    /slow/   a piece every tenth of a second
Each request is a line "PATH RANGE" in FOLDER/requests. Ends when standard input does.
"""
import http.server
import os
import sys
import threading
import time

folder = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range")
        with open(os.path.join(folder, "requests"), "a") as log:
            log.write(f"{self.path} {wanted}\n")
        how, _, name = self.path[1:].partition("/")
        path = os.path.join(folder, os.path.basename(name))
        if not os.path.exists(path):
            return self.send_error(404)
        with open(path, "rb") as file:
            body = file.read()
        first = 0
        if wanted and how != "whole":
            first = int(wanted.split("=")[1].split("-")[0])
            if first >= len(body):
                return self.send_error(416)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        body = body[first:]
        if how == "cut" and not wanted:
            body = body[: len(body) // 2]
        pieces = 10 if how == "slow" else 1
        size = -(-len(body) // pieces)
        for i in range(pieces):
            self.wfile.write(body[i * size : (i + 1) * size])
            if how == "slow":
                time.sleep(0.1)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
