// npm's soap and strong-soap, unmodified, by an older WSDL: node with_npm.cjs http://127.0.0.1:8000/soap
"use strict";
const assert = require("node:assert/strict");
const url = `${process.argv[2]}/legacy/orders?wsdl`;

const wanted = {
  CUST_NO: "u-1001",
  POSITIONS: { POSITION: [{ ARTICLE: "p-1001", QTY: 2 }, { ARTICLE: "p-1002", QTY: 1 }] },
  PAYMENT: { TRANSFER: { IBAN: "DE02120300000000202051", MANDATE: "AAEC/w==" } },
};

function check(order) {
  assert.equal(order.STATUS, "NEW");
  assert.deepEqual(order.POSITIONS.POSITION.map((one) => one.ARTICLE), ["p-1001", "p-1002"]);
  assert.equal(order.PAYMENT.TRANSFER.MANDATE, "AAEC/w==");
  assert.equal((order.TOTAL.attributes ?? order.TOTAL.$attributes).CURRENCY, "EUR");
  assert.ok(new Date(order.ORDER_DATE).getTime() > 0);
}

async function npmSoap() {
  const soap = require("soap");
  const client = await soap.createClientAsync(url);
  client.addSoapHeader({ CALLER: { SYSTEM: "AS400" } }, "", "tns", "http://orderdesk.example.com/service");
  const [{ ORDER: placed }] = await client.PLACE_ORDERAsync(wanted);
  check(placed);
  client.setSecurity(new soap.WSSecurity("ann", "secret"));
  const [{ ORDER: found }] = await client.GET_ORDERAsync({ ORDER_NO: placed.ORDER_NO });
  check(found);
  const [listed] = await client.LIST_ORDERSAsync({ CUST_NO: "u-1001", STATUS: ["NEW"], MAX: 2 });
  assert.equal(listed.ORDER.length, 2);
  await assert.rejects(client.GET_ORDERAsync({ ORDER_NO: "o-nowhere" }), (error) => {
    const detail = error.root.Envelope.Body.Fault.detail.ORDER_FAULT;
    assert.equal(detail.ERR_CODE, "NOT_FOUND");
    console.log(`soap: placed ${placed.ORDER_NO}; ${detail.ERR_CODE}, ${detail.ERR_TEXT}`);
    return true;
  });
}

async function strongSoap() {
  const { soap } = require("strong-soap");
  const client = await new Promise((resolve, reject) =>
    soap.createClient(url, {}, (error, client) => (error ? reject(error) : resolve(client))),
  );
  client.setSecurity(new soap.WSSecurity("ann", "secret"));
  const placed = (await client.PLACE_ORDER(wanted)).result.ORDER;
  check(placed);
  const found = (await client.GET_ORDER({ ORDER_NO: placed.ORDER_NO })).result.ORDER;
  check(found);
  await assert.rejects(client.GET_ORDER({ ORDER_NO: "o-nowhere" }), (error) => {
    assert.match(String(error.body ?? error.message), /ORDER_FAULT.*NOT_FOUND/s);
    return true;
  });
  console.log(`strong-soap: placed ${placed.ORDER_NO}`);
}

npmSoap().then(strongSoap).catch((error) => {
  console.error(error.body ?? error.stack ?? error);
  process.exit(1);
});
