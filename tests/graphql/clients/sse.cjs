// npm's graphql-sse against a gateway before the sample shop, in both of its modes.

const assert = require('node:assert/strict');
const { createClient, NetworkError } = require('graphql-sse');
const {
  address, order, noOrder, trackOrder, watchStock, adjustStock, invalid, run, collect,
} = require('./steps.cjs');

let breakOff;
let streams;

/** `fetch`, but that event streams can be broken off as a network does it. */
const fetchFn = async (url, init) => {
  const response = await fetch(url, init);
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
  streams += 1;
  const broken = new Promise((_, reject) => {
    breakOff = () => reject(new TypeError('the network is gone'));
  });
  broken.catch(() => {});
  const reader = response.body.getReader();
  const body = (async function* () {
    try {
      for (;;) {
        const { done, value } = await Promise.race([reader.read(), broken]);
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel();
    }
  })();
  return { ok: response.ok, status: response.status, statusText: response.statusText, body };
};

const open = (singleConnection, options = {}) => {
  streams = 0;
  return createClient({ url: address, singleConnection, fetchFn, retry: async () => {}, ...options });
};

const steps = (single) => ({
  'subscription runs to its end': async () => {
    const answers = await collect(open(single).iterate(trackOrder(order)));
    assert.ok(answers.length > 1, JSON.stringify(answers));
    answers.forEach(({ data }) => assert.equal(data.trackOrder.orderId, order));
  },

  'mutation beside a subscription, and a stop': async () => {
    const client = open(single);
    const answers = client.iterate(watchStock);
    const present = await answers.next();
    const [adjusted] = await collect(client.iterate(adjustStock));
    assert.equal(adjusted.data.adjustStock.productId, 'p-1001');
    const changed = await answers.next();
    const available = ({ value }) => BigInt(value.data.watchStock.available);
    assert.equal(available(changed), available(present) + 1n);
    assert.equal(streams, single ? 1 : 2);
    await answers.return();
    client.dispose();
  },

  'error of the service comes back': async () => {
    const [answer, ...more] = await collect(open(single).iterate(trackOrder(noOrder)));
    assert.deepEqual(more, []);
    assert.equal(answer.errors[0].extensions.code, 'NOT_FOUND');
  },

  'document that is not valid is refused': async () => {
    const answers = collect(open(single, { retryAttempts: 0 }).iterate(invalid));
    if (single) {
      // There it is the HTTP response that tells.
      await assert.rejects(answers, (error) => {
        assert.ok(error instanceof NetworkError);
        assert.equal(error.response.status, 400);
        return true;
      });
      return;
    }
    const [answer] = await answers;
    assert.match(answer.errors[0].message, /noSuchField/);
  },

  'client comes back and goes on': async () => {
    const client = open(single);
    const answers = client.iterate(watchStock);
    await answers.next();
    breakOff();
    const again = await answers.next();
    assert.equal(again.value.data.watchStock.productId, 'p-1001');
    assert.equal(streams, 2);
    await answers.return();
    client.dispose();
  },
});

const named = (mode, of) =>
  Object.fromEntries(Object.entries(of).map(([name, step]) => [`${mode}: ${name}`, step]));

run({
  ...named('distinct connections', steps(false)),
  ...named('single connection', steps(true)),

  'single connection: a token opens one stream, and ends with it': async () => {
    const token = await (await fetch(address, { method: 'PUT' })).text();
    const headers = { accept: 'text/event-stream', 'x-graphql-event-stream-token': token };
    const control = new AbortController();
    const first = await fetch(address, { headers, signal: control.signal });
    assert.equal(first.status, 200);
    assert.equal((await fetch(address, { headers })).status, 409);
    control.abort();
    // The gateway hears of it a moment later.
    let status;
    do {
      ({ status } = await fetch(`${address}?operationId=1`, {
        method: 'DELETE',
        headers: { 'x-graphql-event-stream-token': token },
      }));
    } while (status === 200);
    assert.equal(status, 404);
  },
});
