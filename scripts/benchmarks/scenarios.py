"""What is asked of whom, and whether the answers say the same."""

import copy
import json
import subprocess
import urllib.error
import urllib.request

from .packages import ROOT

# A stream of 1200 products.
SEARCH = "/v1/products:search?query=a&again=9"


class Request:
    """What one client sends over and over."""

    def __init__(self, path, body=None, accept=None, content_type="application/json"):
        self.path, self.body, self.accept, self.content_type = path, body, accept, content_type

    @property
    def is_grpc(self):
        return self.content_type == "application/grpc"

    def headers(self):
        headers = {}
        if self.body is not None:
            headers["content-type"] = self.content_type
        if self.is_grpc:
            headers["te"] = "trailers"
        if self.accept is not None:
            headers["accept"] = self.accept
        return headers


class Contender:
    """One line of a scenario's table: a request, the gateway it goes to, and how to read the answer.

    `read` turns an answer's bytes into the messages it holds, in a form all contenders have in common.
    """

    def __init__(self, gateway, request, read, label=None):
        self.gateway, self.request, self.read = gateway, request, read
        self.label = label or gateway
        self.size = 0
        self.samples = []


class Scenario:
    """Contenders that are asked for the same; the first is what others are compared with."""

    def __init__(self, name, title, contenders):
        self.name, self.title, self.contenders = name, title, contenders
        # Streams are measured by the message.
        self.messages = 1
        self.counts_messages = False

    def without(self, gateways):
        """This scenario with nobody but the gateways that are not named."""
        scenario = copy.copy(self)
        scenario.contenders = [contender for contender in self.contenders if contender.gateway not in gateways]
        return scenario

    def probe(self, gateways):
        """One request of each by hand: the load must not measure how fast errors are."""
        answers = {}
        for contender in self.contenders:
            port = gateways[contender.gateway].port(contender)
            try:
                body = ask(port, contender.request)
            except urllib.error.HTTPError as error:
                raise SystemExit(f"{self.name}: {contender.label} answers {error.code}: {error.read().decode()}")
            except OSError as error:
                raise SystemExit(f"{self.name}: {contender.label} does not answer: {error}")
            contender.size = len(body)
            try:
                answers[contender.label] = contender.read(body)
            except (ValueError, LookupError, TypeError) as error:
                raise SystemExit(f"{self.name}: {contender.label} answers amiss, {error!r}: {body[:1000].decode()}")
        first, expected = next(iter(answers.items()))
        for label, answer in answers.items():
            if len(answer) != len(expected):
                raise SystemExit(f"{self.name}: {len(expected)} messages of {first}, {len(answer)} of {label}")
            for place, (here, there) in enumerate(zip(expected, answer)):
                if here != there:
                    raise SystemExit(f"{self.name}: message {place} differs\n{first}: {here}\n{label}: {there}")
        if self.counts_messages:
            self.messages = len(expected)

    def told(self):
        sizes = ", ".join(f"{contender.label} {contender.size} bytes" for contender in self.contenders)
        return f"{sizes}, {self.messages} messages each"


def ask(port, request):
    address = f"http://127.0.0.1:{port}{request.path}"
    if request.is_grpc:
        headers = [word for pair in request.headers().items() for word in ("-H", ": ".join(pair))]
        curl = ["curl", "-sS", "--max-time", "10", "--http2-prior-knowledge", *headers, "--data-binary", "@-", address]
        return subprocess.run(curl, input=request.body, capture_output=True, check=True).stdout
    sent = urllib.request.Request(address, request.body, request.headers())
    with urllib.request.urlopen(sent, timeout=10) as response:
        return response.read()


def rest(name, title, request, read=lambda body: [json.loads(body)]):
    return Scenario(name, title, [Contender(gateway, request, read) for gateway in ("dragoman", "envoy")])


def stream(name, title, accept, read):
    scenario = rest(name, title, Request(SEARCH, accept=accept), read)
    scenario.counts_messages = True
    return scenario


def created(body):
    product = json.loads(body)
    # The moment of the request.
    del product["createTime"]
    return [product]


def lines(body):
    messages = map(json.loads, body.splitlines())
    # Ours wraps each, and says in a last line how it ended.
    return [message.get("result", message) for message in messages if "status" not in message]


ALL = [
    rest("small", "GET one product", Request("/v1/products/p-1001")),
    rest("list", "GET a list of 100", Request("/v1/products?page_size=100")),
    rest(
        "post",
        "POST a product",
        Request("/v1/products?validate_only=true", (ROOT / "benches/load/product.json").read_bytes()),
        created,
    ),
    stream("ndjson", "a stream as NDJSON", "application/x-ndjson", lines),
    stream("array", "a stream as a JSON array", "application/json", json.loads),
]
