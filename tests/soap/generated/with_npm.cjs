// npm's soap and strong-soap, unmodified: node with_npm.cjs http://127.0.0.1:8000/soap
"use strict";
const assert = require("node:assert/strict");
const [, , base] = process.argv;

const product = {
  name: "Tin <Mug> & Söhne",
  price: { currencyCode: "EUR", units: "9007199254740993", nanos: 1 },
  tags: ["tin", "mug"],
  // Not its attributes: both take a member of that name for attributes of XML.
  availability: "BACKORDER",
  gtin: "4012345678901",
  warranty: "P2DT3S",
  parcel: { bulky: true, excludedCountries: ["AQ", "BV"] },
  imageDigest: "AAEC/w==",
};

function check(made, product) {
  assert.equal(made.name, product.name);
  assert.equal(String(made.price.units), product.price.units);
  assert.deepEqual(made.tags, product.tags);
  assert.equal(made.availability, "BACKORDER");
  assert.equal(String(made.parcel.bulky), "true");
  assert.deepEqual(made.parcel.excludedCountries, ["AQ", "BV"]);
  assert.equal(made.imageDigest, product.imageDigest);
}

async function npmSoap() {
  const soap = require("soap");
  // Numbers of 64 bits are more than JavaScript's: as texts they are whole.
  const options = { customDeserializer: { long: (text) => text } };
  for (const forceSoap12Headers of [false, true]) {
    const client = await soap.createClientAsync(`${base}/shop.v1.ProductService?wsdl`, { ...options, forceSoap12Headers });
    const [made] = await client.CreateProductAsync({ product, validateOnly: true });
    check(made, product);
    const [found] = await client.GetProductAsync({ productId: "p-1001" });
    assert.equal(found.name, "Ridgeline Tent");
    assert.ok(new Date(found.createTime).getTime() > 0);
    client.setSecurity(new soap.WSSecurity("ann", "secret", { hasTimeStamp: true }));
    const [again] = await client.GetProductAsync({ productId: "p-1001" });
    assert.equal(again.name, "Ridgeline Tent");

    const orders = await soap.createClientAsync(`${base}/shop.v1.OrderService?wsdl`, { ...options, forceSoap12Headers });
    await assert.rejects(orders.CancelOrderAsync({ orderId: "o-1003" }), (error) => {
      const fault = error.root.Envelope.Body.Fault;
      const detail = (fault.detail ?? fault.Detail).Error;
      assert.equal(detail.code, "FAILED_PRECONDITION");
      assert.ok(detail.errorInfo, JSON.stringify(detail));
      console.log(`soap: ${forceSoap12Headers ? "1.2" : "1.1"}: ${detail.code}, ${detail.message}`);
      return true;
    });
  }
  await npmParts(soap);
  console.log(`soap ${require("soap/package.json").version}: all holds`);
}

// MTOM both ways.
async function npmParts(soap) {
  const client = await soap.createClientAsync(`${base}/shop.v1.ProductService?wsdl`, { parseResponseAttachments: true });
  const body = Buffer.alloc(4096, "\u0000\u0001\u00ff", "latin1");
  const include = '<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:digest@shop"/>';
  const attachments = [{ name: "digest", contentId: "digest@shop", mimetype: "application/octet-stream", body }];
  const asked = { product: { ...product, imageDigest: { $xml: include } }, validateOnly: true };
  const [made, , , , answered] = await client.CreateProductAsync(asked, { attachments });
  const href = made.imageDigest.Include.attributes.href;
  const part = answered.parts.find((part) => `cid:${part.headers["content-id"].slice(1, -1)}` === href);
  assert.deepEqual(Buffer.from(part.body), body);
  console.log(`soap: ${body.length} bytes as parts of both messages, MTOM`);
}

async function strongSoap() {
  const { soap } = require("strong-soap");
  const create = (url) =>
    new Promise((resolve, reject) => soap.createClient(url, {}, (error, client) => (error ? reject(error) : resolve(client))));
  const client = await create(`${base}/shop.v1.ProductService?wsdl`);
  // Its numbers are JavaScript's, so these are the largest that come through whole.
  const small = { ...product, price: { ...product.price, units: String(Number.MAX_SAFE_INTEGER) } };
  const made = (await client.CreateProduct({ product: small, validateOnly: true })).result;
  check(made, small);
  client.setSecurity(new soap.WSSecurity("ann", "secret"));
  const found = (await client.GetProduct({ productId: "p-1001" })).result;
  assert.equal(found.name, "Ridgeline Tent");
  const orders = await create(`${base}/shop.v1.OrderService?wsdl`);
  await assert.rejects(orders.CancelOrder({ orderId: "o-1003" }), (error) => {
    assert.match(String(error.body ?? error.message), /FAILED_PRECONDITION/);
    return true;
  });
  console.log(`strong-soap ${require("strong-soap/package.json").version}: all holds`);
}

npmSoap().then(strongSoap).catch((error) => {
  console.error(error.body ?? error.stack ?? error);
  process.exit(1);
});
