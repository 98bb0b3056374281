"""An identity provider (OpenID Connect) on loopback: it says of everybody who comes that they are one subject."""

from __future__ import annotations

import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "tienbo", "bi-mat-cua-thu-nghiem"


@dataclass
class Provider:
    """The running provider. `subject` is who it says everybody is; `asked` what it was asked."""

    address: str = ""
    subject: str = "cong-dan-1"
    down: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def provider() -> Iterator[Provider]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    held = Provider()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, *_said: object) -> None:
            pass

        def _json(self, what: object, status: int = 200) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            held.asked.append(parts.path)
            if held.down:
                self._json({}, 503)
            elif parts.path == "/.well-known/openid-configuration":
                at = held.address
                ends = {"authorization_endpoint": "go", "token_endpoint": "token", "jwks_uri": "keys"}
                self._json({"issuer": at, **{name: f"{at}/{end}" for name, end in ends.items()}})
            elif parts.path == "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
                self._json({"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]})
            else:  # /go: the person says yes at once
                given = {name: values[0] for name, values in parse_qs(parts.query).items()}
                code = secrets.token_urlsafe(12)
                held.codes[code] = given
                self.send_response(302)
                back = urlencode({"code": code, "state": given["state"]})
                self.send_header("Location", f"{given['redirect_uri']}?{back}")
                self.end_headers()

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            given = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
            asked = held.codes.pop(given.get("code", ""), None)
            proof = urlsafe_b64encode(sha256(given.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
            known = (given.get("client_id"), given.get("client_secret")) == (CLIENT, SECRET)
            if asked is None or not known or proof != asked["code_challenge"]:
                self._json({"error": "invalid_grant"}, 400)
                return
            now = int(time.time())
            said = {
                "iss": held.address, "aud": CLIENT, "sub": held.subject, "iat": now, "exp": now + 60,
                "name": "TÊN THẬT CỦA NGƯỜI DÂN", "birthdate": "1980-01-01", "nonce": asked.get("nonce", ""),
            }  # fmt: skip
            token = jwt.encode(said, key, algorithm="RS256", headers={"kid": "1"})
            self._json({"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    held.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
