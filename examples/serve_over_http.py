"""A trained network behind a small HTTP endpoint, with nothing but Python's own server.

    python examples/serve_over_http.py results/quick adanet --port 8000
    curl --data-binary @digit.png http://127.0.0.1:8000/

answers {"class": "7", "confidence": 0.98, "route": ["stage1.block1", ...]}. One request is answered at a time, as one
network on one engine needs it. It listens on this machine alone, and is an example, not a server for the open internet.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from PIL import Image
from torchvision.transforms.v2.functional import pil_to_tensor

import zoo

LARGEST = 10_000_000
"""Bytes of an image that is read."""


def answer_to(network: zoo.Trained, content: bytes) -> dict[str, Any]:
    """Class, confidence and route of an image in a file's bytes.

    Raises:
        ValueError: it is no image that Pillow reads.
    """
    channels, height, width = network.task.shape
    try:
        with Image.open(io.BytesIO(content)) as image:
            fitting = image.convert("L" if channels == 1 else "RGB").resize((width, height), Image.Resampling.BILINEAR)
    except OSError as error:
        raise ValueError("the body is no image") from error
    answer = network(pil_to_tensor(fitting)[None].float() / 255)
    used = zip(network.units, answer.route[0].tolist(), strict=True)
    return {
        "class": network.names_of(answer)[0],
        "confidence": round(float(answer.logits.softmax(dim=1).amax()), 4),
        "route": [unit for unit, is_used in used if is_used],
    }


def make_server(network: zoo.Trained, port: int) -> HTTPServer:
    """A server on this machine; port 0 is any that is free."""

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            if not 0 < size <= LARGEST:
                self._reply(413, {"error": f"send an image of 1 to {LARGEST} bytes"})
                return
            try:
                self._reply(200, answer_to(network, self.rfile.read(size)))
            except ValueError as error:
                self._reply(400, {"error": str(error)})

        def _reply(self, status: int, values: dict[str, Any]) -> None:
            content = json.dumps(values).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return HTTPServer(("127.0.0.1", port), Endpoint)


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", help="directory of its results")
    parser.add_argument("network", help="as the study's tables call it")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--engine", choices=["torch", "onnxruntime"], default="onnxruntime")
    options = parser.parse_args(arguments)

    network = zoo.load(options.study, options.network, engine=options.engine)
    with make_server(network, options.port) as server:
        print(f"{network.label} answers at http://127.0.0.1:{server.server_port}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
