// npm's connect-node and connect-web, unmodified, over a descriptor set that the gateway exports:
// node with_connect.mjs http://127.0.0.1:8000 DESCRIPTORS
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// Packages stand in NODE_PATH, which modules do not look at.
const require = createRequire(process.env.NODE_PATH + "/index.js");
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { createFileRegistry, fromBinary, create } = await load("@bufbuild/protobuf");
const { FileDescriptorSetSchema } = await load("@bufbuild/protobuf/wkt");
const { createClient, Code, ConnectError } = await load("@connectrpc/connect");
const node = await load("@connectrpc/connect-node");
const web = await load("@connectrpc/connect-web");

const [, , baseUrl, descriptors] = process.argv;
const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const service = (name) => files.getService(`shop.v1.${name}`);

const transports = {};
for (const useBinaryFormat of [true, false]) {
  const form = useBinaryFormat ? "protobuf" : "JSON";
  for (const httpVersion of ["1.1", "2"]) {
    transports[`connect-node, ${form}, HTTP/${httpVersion}`] = node.createConnectTransport({ baseUrl, httpVersion, useBinaryFormat });
  }
  transports[`connect-web, ${form}`] = web.createConnectTransport({ baseUrl, useBinaryFormat });
  transports[`connect-web, ${form}, GET`] = web.createConnectTransport({ baseUrl, useBinaryFormat, useHttpGet: true });
}
transports["connect-node, gRPC"] = node.createGrpcTransport({ baseUrl });
transports["connect-node, gRPC, gzip"] = node.createGrpcTransport({ baseUrl, sendCompression: node.compressionGzip, compressMinBytes: 0 });
transports["connect-node, Connect, gzip"] = node.createConnectTransport({ baseUrl, httpVersion: "2", sendCompression: node.compressionGzip, compressMinBytes: 0 });
transports["connect-node, gRPC-Web, HTTP/1.1"] = node.createGrpcWebTransport({ baseUrl, httpVersion: "1.1" });
transports["connect-node, gRPC-Web, HTTP/2"] = node.createGrpcWebTransport({ baseUrl, httpVersion: "2" });
transports["connect-web, gRPC-Web"] = web.createGrpcWebTransport({ baseUrl });

for (const [name, transport] of Object.entries(transports)) {
  const products = createClient(service("ProductService"), transport);
  const headers = [];
  const product = await products.getProduct(
    { productId: "p-1001" },
    { onHeader: (header) => headers.push(header.get("x-request-id")), headers: { "x-tenant": "acme" } },
  );
  assert.equal(product.name, "Ridgeline Tent");
  assert.ok(headers[0], "no header");

  const orders = createClient(service("OrderService"), transport);
  await assert.rejects(orders.cancelOrder({ orderId: "o-1003" }), (error) => {
    const failure = ConnectError.from(error);
    assert.equal(failure.code, Code.FailedPrecondition, String(error));
    assert.equal(failure.rawMessage, "the order has left the house");
    const [info] = failure.findDetails(files.getMessage("google.rpc.ErrorInfo"));
    assert.equal(info.reason, "ORDER_SHIPPED");
    return true;
  });

  let count = 0;
  for await (const event of orders.trackOrder({ orderId: "o-1004" })) {
    assert.ok(event.time);
    count += 1;
  }
  assert.ok(count > 1);

  const stock = createClient(service("InventoryService"), transport);
  await assert.rejects(
    (async () => {
      for await (const _ of stock.watchStock({ follow: true }, { timeoutMs: 300 }));
    })(),
    (error) => ConnectError.from(error).code === Code.DeadlineExceeded,
  );

  // Browsers send no streams.
  let talked = "";
  if (name.startsWith("connect-node") && !name.includes("HTTP/1.1")) {
    async function* said() {
      yield { content: { case: "text", value: "hello" } };
      yield { content: { case: "text", value: "bye" } };
    }
    const answers = [];
    for await (const answer of createClient(service("SupportService"), transport).chat(said())) answers.push(answer);
    assert.equal(answers.length, 2);
    async function* counted() {
      for (const quantity of [1, 2, 3]) yield { productId: "p-1001", warehouse: "leipzig", quantity };
    }
    const result = await stock.countStock(counted());
    assert.equal(result.counted, 3);
    talked = ", streams in and both ways";
  }
  console.log(`${name}: one message, an error with details, a stream of ${count}, a deadline${talked}`);
}
const version = (name) => JSON.parse(readFileSync(`${process.env.NODE_PATH}/${name}/package.json`)).version;
console.log(`connect ${version("@connectrpc/connect")}: ${Object.keys(transports).length} transports hold`);
process.exit(0);
