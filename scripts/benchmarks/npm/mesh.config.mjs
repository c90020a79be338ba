// What Hive Gateway serves: the shop's products, composed from the same files that it is built from.
import { defineConfig } from "@graphql-mesh/compose-cli";
import { loadGrpcSubgraph } from "@omnigraph/grpc";

const { SHOP, PROTO } = process.env;

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadGrpcSubgraph("shop", {
        endpoint: SHOP,
        source: {
          file: `${PROTO}/shop/v1/products.proto`,
          // Names in lowerCamel, as the others have them. protobufjs brings descriptor.proto.
          load: { includeDirs: [PROTO, "node_modules/protobufjs"], keepCase: false },
        },
      }),
    },
  ],
});
