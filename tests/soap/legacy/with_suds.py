"""PyPI's suds, unmodified, by an older WSDL: with_suds.py http://127.0.0.1:8000/soap"""

import base64
import sys

import suds
import suds.client
import suds.wsse

client = suds.client.Client(f"{sys.argv[1]}/legacy/orders?wsdl", cache=None)
types = "{http://orderdesk.example.com/types}"

position = client.factory.create(f"{types}POSITION")
position.ARTICLE, position.QTY = "p-1001", 2
del position.PRICE
payment = client.factory.create(f"{types}PAYMENT")
payment.TRANSFER = client.factory.create(f"{types}TRANSFER")
payment.TRANSFER.IBAN = "DE02120300000000202051"
payment.TRANSFER.MANDATE = base64.b64encode(bytes(range(256))).decode()

caller = client.factory.create("{http://orderdesk.example.com/service}CALLER")
caller.SYSTEM = "AS400"
client.set_options(soapheaders=caller)
order = client.service.PLACE_ORDER(CUST_NO="u-1001", POSITIONS={"POSITION": [position]}, PAYMENT=payment)
assert order.STATUS == "NEW" and order._LAYOUT == "4", order
assert order.POSITIONS.POSITION[0].QTY == 2 and order.TOTAL._CURRENCY == "EUR", order
assert base64.b64decode(order.PAYMENT.TRANSFER.MANDATE) == bytes(range(256)), order
assert order.ORDER_DATE.year > 2000, order
print(f"suds: placed {order.ORDER_NO} of {order.ORDER_DATE}")
client.set_options(soapheaders=())

assert client.service.GET_ORDER("o-1004").ORDER_NO == "o-1004"
listed = client.service.LIST_ORDERS(CUST_NO="u-1001", STATUS=["NEW"], MAX=2)
assert len(listed.ORDER) == 2 and listed.FOUND > 2, listed
print(f"suds: listed two of {listed.FOUND}")

client.service.VOID_ORDER(ORDER_NO=order.ORDER_NO, VOID_REASON="no")
assert client.service.GET_ORDER(order.ORDER_NO).STATUS == "VOID"
print("suds: called it off, one-way")

security = suds.wsse.Security()
security.tokens.append(suds.wsse.UsernameToken("ann", "secret"))
client.set_options(wsse=security)
try:
    client.service.GET_ORDER("o-nowhere")
    raise SystemExit("no fault")
except suds.WebFault as error:
    detail = error.fault.detail.ORDER_FAULT
    assert detail.ERR_CODE == "NOT_FOUND" and detail.ERR_TEXT == error.fault.faultstring, error.fault
    print(f"suds: {error.fault.faultcode}: {detail.ERR_CODE}, {detail.ERR_TEXT}")
