// npm's meros against a gateway before the sample shop: subscriptions in parts, as Apollo's clients
// ask for them.

const assert = require('node:assert/strict');
const { meros } = require('meros/browser');
const {
  address, order, noOrder, trackOrder, watchStock, adjustStock, run,
} = require('./steps.cjs');

const ask = (request, signal) =>
  fetch(address, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
    },
    body: JSON.stringify(request),
    signal,
  });

/** What is in the parts, without those that say only that the stream lives. */
async function* payloads(request, signal) {
  const response = await ask(request, signal);
  assert.match(response.headers.get('content-type'), /^multipart\/mixed;.*subscriptionSpec=1.0/);
  for await (const { json, body } of await meros(response)) {
    assert.ok(json, body);
    if (Object.keys(body).length > 0) yield body;
  }
}

run({
  'subscription runs to its end': async () => {
    let count = 0;
    for await (const { payload } of payloads(trackOrder(order))) {
      assert.equal(payload.data.trackOrder.orderId, order);
      count += 1;
    }
    assert.ok(count > 1, `${count} parts`);
  },

  'error of the service comes back': async () => {
    for await (const { payload } of payloads(trackOrder(noOrder))) {
      assert.equal(payload.errors[0].extensions.code, 'NOT_FOUND');
    }
  },

  'parts come as they happen, and a stop ends them': async () => {
    const control = new AbortController();
    const parts = payloads(watchStock, control.signal);
    await parts.next();
    const adjusted = await (await ask(adjustStock)).json();
    assert.equal(adjusted.data.adjustStock.productId, 'p-1001');
    const { value } = await parts.next();
    assert.equal(value.payload.data.watchStock.productId, 'p-1001');
    control.abort();
    await assert.rejects(parts.next());
  },
});
