// A page of another origin that calls by npm's grpc-web and connect-web; bundled by esbuild. It tells what
// came of it by `window.told`.
import { createFileRegistry, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import grpcWeb from "grpc-web";

const { GrpcWebClientBase, MethodDescriptor, MethodType } = grpcWeb;

async function run(baseUrl, descriptors) {
  const bytes = Uint8Array.from(atob(descriptors), (c) => c.charCodeAt(0));
  const files = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  const steps = [];
  const check = (holds, what) => {
    if (!holds) throw new Error(`not so: ${what}`);
  };

  const method = (path, type, input, output) =>
    new MethodDescriptor(path, type, Object, Object,
      (request) => toBinary(files.getMessage(input), create(files.getMessage(input), request)),
      (reply) => fromBinary(files.getMessage(output), reply));
  const get = method("/shop.v1.ProductService/GetProduct", MethodType.UNARY, "shop.v1.GetProductRequest", "shop.v1.Product");
  const track = method("/shop.v1.OrderService/TrackOrder", MethodType.SERVER_STREAMING, "shop.v1.TrackOrderRequest", "shop.v1.OrderEvent");
  const cancel = method("/shop.v1.OrderService/CancelOrder", MethodType.UNARY, "shop.v1.CancelOrderRequest", "shop.v1.Order");
  for (const format of ["text", "binary"]) {
    const client = new GrpcWebClientBase({ format });
    const product = await client.unaryCall(baseUrl + get.name, { productId: "p-1001" }, { "x-tenant": "acme" }, get);
    check(product.name === "Ridgeline Tent", "the product");
    let failure;
    await client.unaryCall(baseUrl + cancel.name, { orderId: "o-1003" }, {}, cancel).catch((error) => (failure = error));
    check(failure?.code === 9 && failure.message === "the order has left the house", `an error: ${failure}`);
    check(failure.metadata["grpc-status-details-bin"], "details");
    steps.push(`grpc-web, ${format}: one message, an error with details`);
  }
  const text = new GrpcWebClientBase({ format: "text" });
  const count = await new Promise((resolve, reject) => {
    let count = 0;
    const stream = text.serverStreaming(baseUrl + track.name, { orderId: "o-1004" }, {}, track);
    stream.on("data", () => (count += 1));
    stream.on("error", reject);
    stream.on("end", () => resolve(count));
  });
  check(count > 1, "a stream");
  steps.push(`grpc-web, text: a stream of ${count}`);

  for (const [name, transport] of [
    ["Connect, JSON", createConnectTransport({ baseUrl })],
    ["Connect, protobuf, GET", createConnectTransport({ baseUrl, useBinaryFormat: true, useHttpGet: true })],
    ["gRPC-Web", createGrpcWebTransport({ baseUrl })],
  ]) {
    const products = createClient(files.getService("shop.v1.ProductService"), transport);
    check((await products.getProduct({ productId: "p-1001" })).name === "Ridgeline Tent", "the product");
    const orders = createClient(files.getService("shop.v1.OrderService"), transport);
    let failure;
    await orders.cancelOrder({ orderId: "o-1003" }).catch((error) => (failure = ConnectError.from(error)));
    check(failure?.code === Code.FailedPrecondition, `an error: ${failure}`);
    let events = 0;
    for await (const _ of orders.trackOrder({ orderId: "o-1004" })) events += 1;
    check(events === count, "a stream");
    const stock = createClient(files.getService("shop.v1.InventoryService"), transport);
    const leave = new AbortController();
    let seen = 0;
    try {
      for await (const _ of stock.watchStock({ follow: true }, { signal: leave.signal })) {
        seen += 1;
        leave.abort();
      }
    } catch (error) {
      check(ConnectError.from(error).code === Code.Canceled, `left: ${error}`);
    }
    check(seen > 0, "a stream that is left");
    steps.push(`connect-web, ${name}: one message, an error, a stream of ${events}, one that is left`);
  }
  return steps;
}

window.run = (baseUrl, descriptors) => {
  run(baseUrl, descriptors).then(
    (steps) => (window.told = { steps }),
    (error) => (window.told = { error: String(error.stack ?? error) }),
  );
};
