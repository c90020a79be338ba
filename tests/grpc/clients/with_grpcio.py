"""PyPI's grpcio, which learns the messages by the gateway's own reflection: with_grpcio.py 127.0.0.1:8000"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from google.rpc import error_details_pb2, status_pb2

address = sys.argv[1].removeprefix("http://")
channel = grpc.insecure_channel(address)
database = ProtoReflectionDescriptorDatabase(channel)
services = sorted(database.get_services())
assert "shop.v1.ProductService" in services and "grpc.health.v1.Health" in services, services
print(f"grpcio: reflection tells of {len(services)} services")
pool = DescriptorPool(database)


def message(name, **fields):
    return GetMessageClass(pool.FindMessageTypeByName(name))(**fields)


def stub(kind, method, output):
    service, name = method.split("/")
    make = getattr(channel, kind)
    return make(
        f"/{service}/{name}",
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=GetMessageClass(pool.FindMessageTypeByName(output)).FromString,
    )


get = stub("unary_unary", "shop.v1.ProductService/GetProduct", "shop.v1.Product")
product, call = get.with_call(message("shop.v1.GetProductRequest", product_id="p-1001"), metadata=[("x-tenant", "acme")])
assert product.name == "Ridgeline Tent" and call.code() == grpc.StatusCode.OK
assert dict(call.initial_metadata()).get("x-request-id"), call.initial_metadata()
print(f"grpcio: {product.name}")

for compression in [grpc.Compression.Gzip, grpc.Compression.Deflate]:
    try:
        answer = get(message("shop.v1.GetProductRequest", product_id="p-1001"), compression=compression)
        assert answer.name == "Ridgeline Tent"
        print(f"grpcio: a request in {compression.name}")
    except grpc.RpcError as error:
        assert compression == grpc.Compression.Deflate and error.code() == grpc.StatusCode.UNIMPLEMENTED, error
        print(f"grpcio: {compression.name} is not read: {error.details()}")

cancel = stub("unary_unary", "shop.v1.OrderService/CancelOrder", "shop.v1.Order")
try:
    cancel(message("shop.v1.CancelOrderRequest", order_id="o-1003"))
    raise SystemExit("no error")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
    raw = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(raw)
    info = error_details_pb2.ErrorInfo()
    assert status.message == error.details() and status.details[0].Unpack(info), status
    print(f"grpcio: {error.code().name}: {error.details()}, {info.reason}")

track = stub("unary_stream", "shop.v1.OrderService/TrackOrder", "shop.v1.OrderEvent")
events = list(track(message("shop.v1.TrackOrderRequest", order_id="o-1004")))
assert len(events) > 1
print(f"grpcio: a server stream of {len(events)}")

count = stub("stream_unary", "shop.v1.InventoryService/CountStock", "shop.v1.CountStockResponse")
counts = [message("shop.v1.StockCount", product_id="p-1001", warehouse="leipzig", quantity=n) for n in range(3)]
assert count(iter(counts)).counted == 3
print("grpcio: a client stream of 3")

chat = stub("stream_stream", "shop.v1.SupportService/Chat", "shop.v1.ChatMessage")
lines = [message("shop.v1.ChatMessage", text=text) for text in ["hello", "bye"]]
answers = list(chat(iter(lines)))
assert answers, "nobody talks"
print(f"grpcio: both ways, {len(answers)} answers")

watch = stub("unary_stream", "shop.v1.InventoryService/WatchStock", "shop.v1.Stock")
try:
    list(watch(message("shop.v1.WatchStockRequest", follow=True), timeout=0.5))
    raise SystemExit("no deadline")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    print("grpcio: a deadline within a stream")

health = stub("unary_unary", "grpc.health.v1.Health/Check", "grpc.health.v1.HealthCheckResponse")
for service, expected in [("", 1), ("shop.v1.ProductService", 1)]:
    assert health(message("grpc.health.v1.HealthCheckRequest", service=service)).status == expected
try:
    health(message("grpc.health.v1.HealthCheckRequest", service="nobody.Service"))
    raise SystemExit("an unknown service is healthy")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.NOT_FOUND, error
print("grpcio: health")

try:
    unknown = channel.unary_unary("/shop.v1.ProductService/Nothing")
    unknown(b"")
    raise SystemExit("an unknown method answers")
except grpc.RpcError as error:
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED, error
print(f"grpcio {grpc.__version__}: all holds")
