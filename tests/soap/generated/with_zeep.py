"""PyPI's zeep, unmodified: with_zeep.py http://127.0.0.1:8000/soap"""

import datetime
import sys

import lxml.etree
import zeep
import zeep.helpers
from zeep.wsse.username import UsernameToken

base = sys.argv[1]
steps = 0


def seen(what):
    global steps
    steps += 1
    print(f"zeep: {what}")


# strict is zeep's default: every import must resolve, and answers must be in the schema's order.
client = zeep.Client(f"{base}/shop.v1.ProductService?wsdl")
seen(f"read the WSDL: {len(client.service._operations)} operations of {sorted(client.wsdl.services)[0]}")

product = {
    "name": "Tin <Mug> & Söhne",
    "price": {"currencyCode": "EUR", "units": 9, "nanos": 500_000_000},
    "tags": ["tin", "mug"],
    "attributes": [{"key": "colour", "value": "blue"}],
    "availability": "BACKORDER",
    "gtin": 4_012_345_678_901,
    "weightGrams": 120,
    "warranty": datetime.timedelta(days=2, seconds=3),
    "variants": [{"sku": "s", "surcharge": {"currencyCode": "EUR", "units": -1}, "gtin": 9_007_199_254_740_993}],
    "parcel": {"bulky": True, "excludedCountries": ["AQ", "BV"]},
    "imageDigest": bytes(range(256)),
}
made = client.service.CreateProduct(product=product, validateOnly=True)
assert made.name == product["name"], made.name
assert (made.price.units, made.price.nanos) == (9, 500_000_000)
assert made.tags == product["tags"] and made.availability == "BACKORDER"
assert made.gtin == product["gtin"] and made.variants[0].gtin == 9_007_199_254_740_993
assert made.parcel.excludedCountries == ["AQ", "BV"] and made.parcel.bulky is True and made.download is None
assert made.imageDigest == product["imageDigest"]
assert made.attributes[0].key == "colour" and made.weightGrams == 120
assert zeep.helpers.serialize_object(made)["warranty"] == datetime.timedelta(days=2, seconds=3)
seen("created a product: nested, repeated, map, enum, choice, 64 bits, bytes, duration")

found = client.service.GetProduct(productId="p-1001")
assert found.name == "Ridgeline Tent" and isinstance(found.createTime, datetime.datetime), found
assert found.createTime.tzinfo is not None and found.rating is not None
seen(f"read a product of {found.createTime.isoformat()}")

soap12 = client.bind("ProductService", "ProductServiceSoap12")
assert soap12.GetProduct(productId="p-1001").name == "Ridgeline Tent"
seen("read it by SOAP 1.2")

orders = zeep.Client(f"{base}/shop.v1.OrderService?wsdl")
for port, code in [("OrderServiceSoap11", "soap:Client"), ("OrderServiceSoap12", "soap:Sender")]:
    service = orders.bind("OrderService", port)
    try:
        service.CancelOrder(orderId="o-1003")
        raise SystemExit("no fault")
    except zeep.exceptions.Fault as fault:
        detail = fault.detail
        assert fault.code.endswith(code.split(":")[1]), fault.code
        error = detail[0]
        assert error.tag == "{urn:shop.v1}Error", lxml.etree.tostring(detail)
        typed = orders.get_element("{urn:shop.v1}Error").parse(error, orders.wsdl.types)
        assert typed.code == "FAILED_PRECONDITION" and typed.message == fault.message, typed
        seen(f"{port}: {typed.code}, {fault.message}, with {lxml.etree.QName(error[2]).localname}")

events = orders.service.TrackOrder(orderId="o-1004")
assert len(events) > 1, events
seen(f"a stream as a list of {len(events)}")

known = zeep.Client(f"{base}/shop.v1.ProductService?wsdl", wsse=UsernameToken("ann", "secret"))
assert known.service.GetProduct(productId="p-1001").name == "Ridgeline Tent"
seen("UsernameToken as text")
digest = zeep.Client(f"{base}/shop.v1.ProductService?wsdl", wsse=UsernameToken("ann", "secret", use_digest=True))
try:
    digest.service.GetProduct(productId="p-1001")
    raise SystemExit("a digest that nobody can check was taken")
except zeep.exceptions.Fault as fault:
    assert fault.code.endswith("FailedAuthentication"), fault.code
seen("a digest is refused where no users are known")

# It reads MTOM, and does not write it.
parts = zeep.Client(f"{base}/shop.v1.ProductService?wsdl")
kinds = []
parts.transport.session.headers["Accept"] = "multipart/related, text/xml"
parts.transport.session.hooks["response"].append(lambda response, **_: kinds.append(response.headers["content-type"]))
large = bytes(range(256)) * 16
made = parts.service.CreateProduct(product={**product, "imageDigest": large}, validateOnly=True)
assert made.imageDigest == large and kinds[-1].startswith("multipart/related"), kinds
seen(f"{len(large)} bytes as a part of the reply, MTOM")

try:
    client.service.GetProduct(productId="p-nowhere")
    raise SystemExit("no fault")
except zeep.exceptions.Fault as fault:
    assert "p-nowhere" in fault.message, fault.message
seen("not found is a fault")
print(f"zeep {zeep.__version__}: {steps} steps hold")
