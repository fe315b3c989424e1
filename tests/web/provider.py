"""An OpenID provider on loopback, as far as signing in with Hugging Face needs one. Everybody is `account`."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


class Provider:
    """Runs until it is closed. `url` is the OPENID_PROVIDER_URL."""

    def __init__(self, account: str) -> None:
        self.account = account
        self._key = RSAKey.generate_key(2048, {"kid": "1"})
        self._asked: dict[str, str] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words: object) -> None:
                pass

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                if url.path == "/oauth/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider._back(parse_qs(url.query)))
                    self.end_headers()
                else:
                    self._say(provider._keys() if url.path == "/jwks" else provider._configuration())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._say(provider._token())

            def _say(self, answer: dict) -> None:
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def _configuration(self) -> dict:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/oauth/authorize",
            "token_endpoint": f"{self.url}/oauth/token",
            "jwks_uri": f"{self.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _back(self, asked: dict) -> str:
        self._asked = {name: values[0] for name, values in asked.items()}
        there = self._asked["redirect_uri"]
        return f"{there}{'&' if '?' in there else '?'}{urlencode({'code': 'c', 'state': self._asked['state']})}"

    def _keys(self) -> dict:
        return {"keys": [self._key.as_dict(private=False)]}

    def _token(self) -> dict:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self._asked["client_id"],
            "nonce": self._asked["nonce"],
            "sub": "1",
            "iat": now,
            "exp": now + 3600,
            "name": self.account,
            "preferred_username": self.account,
            "profile": f"{self.url}/{self.account}",
            "picture": f"{self.url}/{self.account}.png",
        }
        signed = jwt.encode({"alg": "RS256", "kid": "1"}, claims, self._key)
        return {"access_token": "a", "token_type": "bearer", "expires_in": 3600, "id_token": signed}
