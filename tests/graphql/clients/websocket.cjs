// npm's graphql-ws against a gateway before the sample shop: graphql-transport-ws.

const assert = require('node:assert/strict');
const { createClient } = require('graphql-ws');
const WebSocket = require('ws');
const {
  socketAddress, order, noOrder, trackOrder, watchStock, adjustStock, invalid, run, collect, deferred,
} = require('./steps.cjs');

let socket;

const open = (options = {}) =>
  createClient({
    url: socketAddress,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer of-nobody' },
    retryWait: async () => {},
    on: { opened: (opened) => (socket = opened) },
    ...options,
  });

/** Says the first message, the others once it is answered, and resolves with how the server closes. */
const closed = (first, ...others) =>
  new Promise((resolve, reject) => {
    const raw = new WebSocket(socketAddress, 'graphql-transport-ws');
    raw.on('open', () => raw.send(first));
    raw.once('message', () => others.forEach((message) => raw.send(message)));
    raw.on('close', (code, reason) => resolve(`${code} ${reason}`));
    raw.on('error', reject);
  });

const init = JSON.stringify({ type: 'connection_init' });
const subscribe = JSON.stringify({ id: '1', type: 'subscribe', payload: watchStock });

run({
  'subscription runs to its end': async () => {
    const answers = await collect(open().iterate(trackOrder(order)));
    assert.ok(answers.length > 1, JSON.stringify(answers));
    for (const { data, errors } of answers) {
      assert.equal(errors, undefined);
      assert.equal(data.trackOrder.orderId, order);
    }
  },

  'mutation and subscription share a connection': async () => {
    const client = open();
    const answers = client.iterate(watchStock);
    const present = await answers.next();
    assert.equal(present.value.data.watchStock.productId, 'p-1001');
    const first = socket;
    const [adjusted] = await collect(client.iterate(adjustStock));
    assert.equal(adjusted.data.adjustStock.productId, 'p-1001');
    assert.equal(socket, first);
    const changed = await answers.next();
    const available = ({ value }) => BigInt(value.data.watchStock.available);
    assert.equal(available(changed), available(present) + 1n);
    // The client stops, then leaves.
    await answers.return();
    await client.dispose();
  },

  'error of the service comes back': async () => {
    await assert.rejects(collect(open().iterate(trackOrder(noOrder))), (errors) => {
      assert.ok(Array.isArray(errors), JSON.stringify(errors));
      assert.equal(errors[0].extensions.code, 'NOT_FOUND');
      return true;
    });
  },

  'document that is not valid is refused': async () => {
    await assert.rejects(collect(open().iterate(invalid)), (errors) => {
      assert.match(errors[0].message, /noSuchField/);
      return true;
    });
  },

  'server closes with the codes of the protocol': async () => {
    assert.match(await closed('{'), /^4400 ./);
    assert.match(await closed('{"type":"start"}'), /^4400 ./);
    assert.equal(await closed(subscribe), '4401 Unauthorized');
    assert.equal(await closed(init, subscribe, subscribe), '4409 Subscriber for 1 already exists');
    assert.equal(await closed(init, init), '4429 Too many initialisation requests');
  },

  'client comes back and goes on': async () => {
    const closes = [];
    const client = open();
    client.on('closed', ({ code }) => closes.push(code));
    const answers = client.iterate(watchStock);
    await answers.next();
    const first = socket;
    first.terminate();
    const again = await answers.next();
    assert.equal(again.value.data.watchStock.productId, 'p-1001');
    assert.notEqual(socket, first);
    assert.deepEqual(closes, [1006]);
    await client.dispose();
  },

  'either side asks for signs of life': async () => {
    const heard = deferred();
    const client = open({ keepAlive: 100 });
    client.on('pong', (received) => received && heard.resolve());
    const answers = client.iterate(watchStock);
    await answers.next();
    await heard.promise;
    await client.dispose();
  },
});
