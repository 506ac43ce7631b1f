"""What the service keeps to itself: keys, sites, logs, metrics, the network."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from serving import HIJACKED


def test_no_connection_is_made_by_the_service(own: Any) -> None:
    server = own()
    server.post("/v1/check", {"url": "http://192.0.2.1/", "html": HIJACKED + '<img src="http://192.0.2.1/x.gif">'})
    listed = subprocess.run(["pgrep", "-g", str(server.process.pid)], capture_output=True, text=True, check=True)
    links = [link for pid in listed.stdout.split() for link in Path(f"/proc/{pid}/fd").glob("*")]
    inodes = {str(link.readlink()) for link in links if link.is_symlink()}
    assert any(name.startswith("socket:") for name in inodes)
    table = Path("/proc/net/tcp").read_text().splitlines()[1:]
    outside = [
        row for row in table
        if f"socket:[{row.split()[9]}]" in inodes and not row.split()[2].startswith(("0100007F:", "00000000:"))
    ]  # fmt: skip
    assert outside == []
