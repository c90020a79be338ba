"""PyPI's zeep, unmodified, by an older WSDL: with_zeep.py http://127.0.0.1:8000/soap"""

import datetime
import decimal
import sys

import lxml.etree
import zeep
from zeep.wsse.username import UsernameToken

address = f"{sys.argv[1]}/legacy/orders"
client = zeep.Client(f"{address}?wsdl")
port = next(iter(client.wsdl.services["OrderDesk"].ports.values()))
assert port.binding_options["address"] == address, port.binding_options
print(f"zeep: read the WSDL and its schema, the address is {address}")

caller = client.get_element("{http://orderdesk.example.com/service}CALLER")
placed = client.service.PLACE_ORDER(
    CUST_NO="u-1001",
    POSITIONS={"POSITION": [{"ARTICLE": "p-1001", "QTY": 2}, {"ARTICLE": "p-1002", "QTY": 1}]},
    SHIP_TO={"NAME": "Ann <A>", "LINE": ["Yard 1", "Gate Ö"], "ZIP": "04109", "CITY": "Leipzig", "COUNTRY": "DE"},
    PAYMENT={"TRANSFER": {"IBAN": "DE02120300000000202051", "MANDATE": bytes(range(256))}},
    REMARK=None,
    _soapheaders=[caller(SYSTEM="AS400", CLERK="ann")],
)
order = placed
assert order.CUST_NO == "u-1001" and order.STATUS == "NEW" and order.LAYOUT == "4", order
assert [one.ARTICLE for one in order.POSITIONS.POSITION] == ["p-1001", "p-1002"], order
assert order.POSITIONS.POSITION[0].PRICE._value_1 == decimal.Decimal("349.9"), order
assert order.TOTAL.CURRENCY == "EUR" and order.SHIP_TO.LINE == ["Yard 1", "Gate Ö"], order
assert order.PAYMENT.TRANSFER.MANDATE == bytes(range(256)) and order.PAYMENT.CARD is None, order
assert isinstance(order.ORDER_DATE, datetime.datetime) and order.REMARK is None, order
print(f"zeep: placed {order.ORDER_NO}: nested, lists, a choice, a date, bytes, decimals with a currency")

found = client.service.GET_ORDER("o-1004")
assert found.ORDER_NO == "o-1004" and found.STATUS in ("NEW", "PAID", "SENT", "DONE", "VOID"), found
listed = client.service.LIST_ORDERS(CUST_NO="u-1001", STATUS=["NEW"], MAX=2)
assert len(listed.ORDER) == 2 and listed.FOUND > 2, listed
assert all(one.STATUS == "NEW" for one in listed.ORDER), listed
print(f"zeep: {found.ORDER_NO} is {found.STATUS}, {listed.FOUND} orders are NEW")

assert client.service.VOID_ORDER(ORDER_NO=order.ORDER_NO, VOID_REASON="changed my mind") is None
voided = client.service.GET_ORDER(order.ORDER_NO)
assert (voided.STATUS, voided.VOID_REASON) == ("VOID", "changed my mind"), voided
print("zeep: called it off, one-way")

try:
    client.service.GET_ORDER("o-nowhere")
    raise SystemExit("no fault")
except zeep.exceptions.Fault as fault:
    kind = client.get_element("{http://orderdesk.example.com/service}ORDER_FAULT")
    typed = kind.parse(fault.detail[0], client.wsdl.types)
    assert (typed.ERR_CODE, typed.SOURCE) == ("NOT_FOUND", "shop"), lxml.etree.tostring(fault.detail)
    assert typed.ERR_TEXT == fault.message, typed
    print(f"zeep: {fault.code}: {typed.ERR_CODE}, {typed.ERR_TEXT}")

known = zeep.Client(f"{address}?wsdl", wsse=UsernameToken("ann", "secret"))
assert known.service.GET_ORDER("o-1004").ORDER_NO == "o-1004"
print("zeep: UsernameToken")
