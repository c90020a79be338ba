// npm's @grpc/grpc-js, unmodified: node with_grpcjs.cjs 127.0.0.1:8000 PROTO_FOLDER
"use strict";
const assert = require("node:assert/strict");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const [, , given, folder] = process.argv;
const address = given.replace("http://", "");

const files = ["products", "orders", "inventory", "notifications"].map((name) => `shop/v1/${name}.proto`);
const shop = grpc.loadPackageDefinition(loader.loadSync(files, { includeDirs: [folder], longs: String })).shop.v1;
const plain = grpc.credentials.createInsecure();
const client = (name, options) => new shop[name](address, plain, options);
const ask = (client, method, request, options = {}) =>
  new Promise((resolve, reject) => {
    client[method](request, new grpc.Metadata(), options, (error, reply) => (error ? reject(error) : resolve(reply)));
  });
const all = (stream) =>
  new Promise((resolve, reject) => {
    const messages = [];
    stream.on("data", (message) => messages.push(message));
    stream.on("error", reject);
    stream.on("end", () => resolve(messages));
  });

(async () => {
  for (const algorithm of [undefined, grpc.compressionAlgorithms.gzip]) {
    const options = algorithm === undefined ? {} : { "grpc.default_compression_algorithm": algorithm };
    const product = await ask(client("ProductService", options), "GetProduct", { productId: "p-1001" });
    assert.equal(product.name, "Ridgeline Tent");
    const page = await ask(client("ProductService", options), "ListProducts", { pageSize: 100 });
    assert.equal(page.products.length, 100);
  }
  await assert.rejects(ask(client("OrderService"), "CancelOrder", { orderId: "o-1003" }), (error) => {
    assert.equal(error.code, grpc.status.FAILED_PRECONDITION);
    assert.equal(error.details, "the order has left the house");
    assert.ok(error.metadata.get("grpc-status-details-bin")[0].includes("ORDER_SHIPPED"));
    return true;
  });
  const events = await all(client("OrderService").TrackOrder({ orderId: "o-1004" }));
  assert.ok(events.length > 1);
  const chat = client("SupportService").Chat();
  chat.write({ text: "hello" });
  chat.write({ text: "bye" });
  chat.end();
  assert.equal((await all(chat)).length, 2);
  await assert.rejects(
    all(client("InventoryService").WatchStock({ follow: true }, { deadline: Date.now() + 300 })),
    (error) => error.code === grpc.status.DEADLINE_EXCEEDED,
  );
  const { version } = require("@grpc/grpc-js/package.json");
  console.log(`grpc-js ${version}: one message, gzip, an error with details, streams, a deadline`);
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
