"""SOAP beside the gateway's own REST for the same data, and gRPC beside Envoy that only routes it."""

import json
import xml.etree.ElementTree as xml

from .scenarios import Contender, Request, Scenario

NAMESPACE = "urn:shop.v1"


def soap(operation, content, products):
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<{operation} xmlns="{NAMESPACE}">{content}</{operation}></soap:Body></soap:Envelope>'
    )

    def read(body):
        reply = xml.fromstring(body)[0][0]
        return [scalars(lambda name: one.findtext(f"{{{NAMESPACE}}}{name}")) for one in products(reply)]

    path = "/soap/shop.v1.ProductService"
    return Contender("dragoman", Request(path, body.encode(), content_type="text/xml"), read, "dragoman, SOAP")


def rest(path, products):
    def read(body):
        return [scalars(one.get) for one in products(json.loads(body))]

    return Contender("dragoman", Request(path), read, "dragoman, REST")


def scalars(of):
    return [of(name) for name in ("productId", "name", "description", "category", "availability", "createTime")]


def soap_one():
    contenders = [
        soap("GetProduct", "<productId>p-1001</productId>", lambda reply: [reply]),
        rest("/v1/products/p-1001", lambda product: [product]),
    ]
    return Scenario("soap-one", "SOAP, one product", contenders)


def soap_list():
    contenders = [
        soap("ListProducts", "<pageSize>100</pageSize>", lambda reply: reply.iter(f"{{{NAMESPACE}}}products")),
        rest("/v1/products?page_size=100", lambda page: page["products"]),
    ]
    return Scenario("soap-list", "SOAP, a list of 100", contenders)


def grpc(name, title, method, message):
    frame = bytes([0]) + len(message).to_bytes(4, "big") + message
    request = Request(f"/shop.v1.ProductService/{method}", frame, content_type="application/grpc")

    def read(body):
        length = int.from_bytes(body[1:5], "big")
        if body[0] != 0 or length + 5 != len(body):
            raise ValueError("no single message")
        return [body[5:]]

    return Scenario(name, title, [Contender(gateway, request, read) for gateway in ("dragoman", "envoy")])


ALL = [
    soap_one(),
    soap_list(),
    grpc("grpc-one", "gRPC, one product", "GetProduct", b"\x0a\x06p-1001"),
    grpc("grpc-list", "gRPC, a list of 100", "ListProducts", b"\x08\x64"),
]
