"""An AWS Security Token Service on loopback, for tests: it knows one key and one role, and checks signatures with botocore's own signer.

    python3 sts.py --port 9000 --access-key AKIA… --secret-key … --arn arn:aws:sts::123456789012:assumed-role/NAME/SESSION
"""

import argparse
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        status = 200 if self.is_signed(body) else 403
        account = options.arn.split(":")[4]
        result = {"Account": account, "Arn": options.arn, "UserId": "AROAEXAMPLE:session"}
        answer = {"GetCallerIdentityResponse": {"GetCallerIdentityResult": result}} if status == 200 else {"Error": {"Code": "SignatureDoesNotMatch"}}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def is_signed(self, body):
        scheme, _, rest = self.headers.get("authorization", "").partition(" ")
        parts = dict(item.strip().split("=", 1) for item in rest.split(",") if "=" in item)
        key, day, region, service, _ = (parts.get("Credential", "") + "////").split("/")[:5]
        if scheme != "AWS4-HMAC-SHA256" or key != options.access_key or service != "sts" or self.path != "/":
            return False
        names = parts.get("SignedHeaders", "").split(";")
        # The request as AWS sees it: the host is the one in the header, not the one of this process.
        request = AWSRequest("POST", f"https://{self.headers['host']}/", data=body)
        for name in names:
            if name != "host":
                request.headers[name] = self.headers.get(name, "")
        request.context["timestamp"] = self.headers.get("x-amz-date", "")
        signer = SigV4Auth(Credentials(options.access_key, options.secret_key), service, region)
        canonical = signer.canonical_request(request)
        signature = signer.signature(signer.string_to_sign(request, canonical), request)
        return signature == parts.get("Signature") and names == sorted(names)

    def log_message(self, *arguments):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
for name in ("--access-key", "--secret-key", "--arn"):
    parser.add_argument(name, required=True)
options = parser.parse_args()
HTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
