"""A gRPC server in Python with reflection: three methods of shop.v1.ProductService.

Takes the folder of the contract, prints the port it listens on, and runs until it is killed.
"""

import concurrent.futures
import importlib
import pathlib
import sys
import tempfile

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection
from grpc_tools import protoc

SERVICE = "shop.v1.ProductService"
KNOWN = ("p-7", "p-8", "p-9")


def load(folder: pathlib.Path) -> None:
    """Compiles the contract and adds it to the pool that reflection reads."""
    included = pathlib.Path(protoc.__file__).parent / "_proto"
    with tempfile.NamedTemporaryFile(suffix=".binpb") as file:
        arguments = [
            "protoc",
            f"-I{folder}",
            f"-I{included}",
            "--include_imports",
            f"--descriptor_set_out={file.name}",
            "shop/v1/products.proto",
            "google/rpc/status.proto",
            "google/rpc/error_details.proto",
        ]
        if protoc.main(arguments) != 0:
            sys.exit("the contract cannot be compiled")
        files = descriptor_pb2.FileDescriptorSet.FromString(pathlib.Path(file.name).read_bytes())
    pool = descriptor_pool.Default()
    for file in files.file:
        if file.name.startswith("google/protobuf/"):
            # The runtime brings the well-known types itself.
            importlib.import_module(file.name.removesuffix(".proto").replace("/", ".") + "_pb2")
        else:
            pool.AddSerializedFile(file.SerializeToString())


def message(name: str):
    return message_factory.GetMessageClass(descriptor_pool.Default().FindMessageTypeByName(name))


def product(product_id: str):
    made = message("shop.v1.Product")(product_id=product_id, name="Python Mug", tags=["mug"])
    made.price.currency_code = "EUR"
    made.price.units = 9
    made.create_time.seconds = 1767600000
    return made


def not_found(context: grpc.ServicerContext, product_id: str):
    info = message("google.rpc.ErrorInfo")(reason="PRODUCT_NOT_FOUND", domain="shop.example")
    detail = any_pb2.Any()
    detail.Pack(info)
    text = f"no product named {product_id}"
    status = message("google.rpc.Status")(code=grpc.StatusCode.NOT_FOUND.value[0], message=text)
    status.details.append(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.NOT_FOUND, text)


def get_product(request, context: grpc.ServicerContext):
    if request.product_id not in KNOWN:
        not_found(context, request.product_id)
    return product(request.product_id)


def list_products(request, context: grpc.ServicerContext):
    products = [product(product_id) for product_id in KNOWN]
    return message("shop.v1.ListProductsResponse")(products=products, total_size=len(products))


def search_products(request, context: grpc.ServicerContext):
    yield from (product(product_id) for product_id in KNOWN)


def handler(make, behaviour, method: str):
    found = descriptor_pool.Default().FindServiceByName(SERVICE).methods_by_name[method]
    return make(
        behaviour,
        request_deserializer=message(found.input_type.full_name).FromString,
        response_serializer=message(found.output_type.full_name).SerializeToString,
    )


def main() -> None:
    load(pathlib.Path(sys.argv[1]))
    unary, stream = grpc.unary_unary_rpc_method_handler, grpc.unary_stream_rpc_method_handler
    methods = {
        "GetProduct": handler(unary, get_product, "GetProduct"),
        "ListProducts": handler(unary, list_products, "ListProducts"),
        "SearchProducts": handler(stream, search_products, "SearchProducts"),
    }
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=4))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    reflection.enable_server_reflection((SERVICE, reflection.SERVICE_NAME), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
