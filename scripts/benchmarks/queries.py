"""The GraphQL scenarios: eight scalars of one product, and of a hundred, beside the same by REST.

The fields are those that all can express alike: no timestamps, maps or wrappers. Three things each
gateway has in its own way, and they are read as one here:

- Tailcall's schema is ours to write, and has our names. Mesh makes its own, with names to which
  aliases give ours.
- A 64-bit number is text in Dragoman's and Tailcall's answers, a number in Hive's.
- What is zero is 0 in Dragoman's and Tailcall's, null in Hive's, and not there by REST.

By REST there are two lines: the plain GET, which answers with every field, and one whose `read_mask`
has the backend send these fields only, as Dragoman's GraphQL has where it fills in a mask of its own.
"""

import json

from .scenarios import Contender, Request, Scenario

FIELDS = "productId name description category price { currencyCode units nanos } availability"
MASK = "read_mask=productId,name,description,category,price,availability"


def one(field):
    return f"query Product($productId: String) {{ {field} {{ {FIELDS} }} }}"


def listing(field):
    return f"query Products($pageSize: Int) {{ {field} {{ products {{ {FIELDS} }} }} }}"


def by_graphql(query, variables, products):
    """Makes contenders, each with the field as its schema has it."""

    def read(body):
        answer = json.loads(body)
        if answer.get("errors"):
            raise ValueError("errors")
        return [scalars(product) for product in products(answer["data"])]

    def contender(gateway, field):
        body = json.dumps({"query": query(field), "variables": variables}).encode()
        return Contender(gateway, Request("/graphql", body), read)

    return contender


def by_rest(path, products):
    def read(body):
        return [scalars(product) for product in products(json.loads(body))]

    masked = f"{path}{'&' if '?' in path else '?'}{MASK}"
    return [
        Contender("dragoman", Request(path), read, "dragoman, REST, all fields"),
        Contender("dragoman", Request(masked), read, "dragoman, REST, these fields"),
    ]


def scalars(product):
    price = product["price"]
    texts = [product[field] for field in ("productId", "name", "description", "category", "availability")]
    return [*texts, price["currencyCode"], int(price.get("units") or 0), int(price.get("nanos") or 0)]


def graphql_one():
    contender = by_graphql(one, {"productId": "p-1001"}, lambda data: [data["getProduct"]])
    ours = "getProduct(productId: $productId)"
    of_mesh = "getProduct: shop_v1_ProductService_GetProduct(input: {productId: $productId})"
    contenders = [
        contender("dragoman", ours),
        *by_rest("/v1/products/p-1001", lambda product: [product]),
        contender("tailcall", ours),
        contender("hive", of_mesh),
    ]
    return Scenario("graphql-one", "GraphQL, one product", contenders)


def graphql_list():
    contender = by_graphql(listing, {"pageSize": 100}, lambda data: data["listProducts"]["products"])
    ours = "listProducts(pageSize: $pageSize)"
    of_mesh = "listProducts: shop_v1_ProductService_ListProducts(input: {pageSize: $pageSize})"
    contenders = [
        contender("dragoman", ours),
        *by_rest("/v1/products?page_size=100", lambda page: page["products"]),
        contender("tailcall", ours),
        contender("hive", of_mesh),
    ]
    return Scenario("graphql-list", "GraphQL, a list of 100", contenders)


ALL = [graphql_one(), graphql_list()]
