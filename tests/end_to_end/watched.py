"""A run that is watched and changed over HTTP, as Prometheus, curl and weir top do it."""

import http.client
import json
import re

from program import PATIENCE, wait_until

TOKEN = "0123456789abcdef"


class Watched:
    """A started `weir run --metrics` and how to reach it."""

    def __init__(self, running, address):
        self.running, self.address = running, address

    def ask(self, path, method="GET", token=None):
        """Status and text of the answer."""
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=PATIENCE)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def figures(self):
        status, text = self.ask("/stats.json")
        assert status == 200, text
        return json.loads(text)

    def metric(self, name):
        """The value of a line of /metrics, by its name with labels."""
        status, text = self.ask("/metrics")
        assert status == 200, text
        found = re.search(rf"(?m)^{re.escape(name)} (\S+)$", text)
        return float(found[1]) if found else None

    def change(self, path):
        return self.ask(path, "POST", TOKEN)

    def until(self, condition, what):
        """Waits until the figures are so."""
        wait_until(lambda: condition(self.figures()), what)


def token_file(folder):
    path = folder / "token"
    path.write_text(TOKEN + "\n")
    path.chmod(0o600)
    return str(path)


def watch(weir, *args, folder=None, **how):
    """Starts a run on a free port; with a folder its token file is there, and it may be changed."""
    token = () if folder is None else ("--admin-token-file", token_file(folder))
    running = weir.start("run", "--metrics", ":0", *token, *args, **how)
    running.says("figures at http://")
    found = wait_until(lambda: re.search(rb"figures at http://(\S+)/", running.err()), "the whole address")
    return Watched(running, found[1].decode())
