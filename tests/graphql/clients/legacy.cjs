// npm's subscriptions-transport-ws against a gateway before the sample shop: the older protocol,
// called graphql-ws.

const assert = require('node:assert/strict');
const { SubscriptionClient } = require('subscriptions-transport-ws');
const WebSocket = require('ws');
const {
  socketAddress, order, noOrder, trackOrder, watchStock, adjustStock, invalid, run, deferred,
} = require('./steps.cjs');

const open = () =>
  new SubscriptionClient(
    socketAddress,
    { reconnect: true, connectionParams: { authorization: 'Bearer of-nobody' } },
    WebSocket,
  );

/** All answers of an operation, until it ends. */
const collect = (client, request) =>
  new Promise((resolve, reject) => {
    const all = [];
    client.request(request).subscribe({
      next: (answer) => all.push(answer),
      error: reject,
      complete: () => resolve(all),
    });
  });

run({
  'subscription runs to its end': async () => {
    const client = open();
    const answers = await collect(client, trackOrder(order));
    assert.ok(answers.length > 1, JSON.stringify(answers));
    answers.forEach(({ data }) => assert.equal(data.trackOrder.orderId, order));
    client.close();
  },

  'errors come back': async () => {
    const client = open();
    for (const [request, message] of [[trackOrder(noOrder), /./], [invalid, /noSuchField/]]) {
      const told = await collect(client, request).then(
        ([answer]) => answer.errors[0].message,
        (errors) => (errors[0] ?? errors).message,
      );
      assert.match(told, message);
    }
    client.close();
  },

  'client comes back and goes on': async () => {
    const client = open();
    let answers = 0;
    const [first, changed, again] = [deferred(), deferred(), deferred()];
    const subscription = client.request(watchStock).subscribe({
      next: () => [first, changed, again][answers++]?.resolve(),
      error: (error) => again.reject(error),
    });
    await first.promise;
    const [adjusted] = await collect(client, adjustStock);
    assert.equal(adjusted.data.adjustStock.productId, 'p-1001');
    await changed.promise;
    client.client.terminate();
    await again.promise;
    subscription.unsubscribe();
    client.close();
  },

  'server says why it closes': () =>
    new Promise((resolve, reject) => {
      const raw = new WebSocket(socketAddress, 'graphql-ws');
      const told = [];
      raw.on('open', () => raw.send('{'));
      raw.on('message', (message) => told.push(JSON.parse(message).type));
      raw.on('close', (code) => {
        try {
          assert.deepEqual([told, code], [['connection_error'], 4400]);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    }),
});
