"""PyPI's suds, unmodified: with_suds.py http://127.0.0.1:8000/soap"""

import sys

import suds
import suds.client
import suds.wsse

base = sys.argv[1]
client = suds.client.Client(f"{base}/shop.v1.ProductService?wsdl", cache=None)

product = client.factory.create("{urn:shop.v1}Product")
product.name = "Tin Mug"
product.price = client.factory.create("{urn:shop.v1}Money")
product.price.currencyCode, product.price.units, product.price.nanos = "EUR", 9_007_199_254_740_993, 1
product.tags = ["tin", "mug"]
product.availability = "IN_STOCK"
product.imageDigest = "AAEC/w=="
for other in ["dimensions", "parcel", "download", "rating", "createTime", "updateTime", "warranty"]:
    setattr(product, other, None)
product.download = client.factory.create("{urn:shop.v1}Product_Download")
product.download.bytes, product.download.crc32c = 18_446_744_073_709_551_615, 1
product.download.linkLifetime = "PT1H"
del product.parcel
made = client.service.CreateProduct(product=product, validateOnly=True)
assert made.name == "Tin Mug" and made.price.units == 9_007_199_254_740_993, made
assert list(made.tags) == ["tin", "mug"] and made.availability == "IN_STOCK", made
assert made.download.bytes == 18_446_744_073_709_551_615 and made.imageDigest == "AAEC/w==", made
print("suds: created a product")

found = client.service.GetProduct("p-1001")
assert found.name == "Ridgeline Tent" and found.createTime.year > 2000, found
print(f"suds: read a product of {found.createTime}")

client.set_options(port="ProductServiceSoap12")
assert client.service.GetProduct("p-1001").name == "Ridgeline Tent"
print("suds: read it by the port of SOAP 1.2")
client.set_options(port="ProductServiceSoap11")

security = suds.wsse.Security()
security.tokens.append(suds.wsse.UsernameToken("ann", "secret"))
client.set_options(wsse=security)
assert client.service.GetProduct("p-1001").name == "Ridgeline Tent"
print("suds: UsernameToken")

orders = suds.client.Client(f"{base}/shop.v1.OrderService?wsdl", cache=None)
try:
    orders.service.CancelOrder("o-1003")
    raise SystemExit("no fault")
except suds.WebFault as error:
    detail = error.fault.detail.Error
    assert detail.code == "FAILED_PRECONDITION" and detail.message == error.fault.faultstring, error.fault
    print(f"suds: {error.fault.faultcode}: {detail.code}, {detail.message}")
print(f"suds {suds.__version__}: all holds")
