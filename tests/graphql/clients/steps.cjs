// What the clients' scripts have in common: steps that are told, and that end in time.

const LIMIT = 20_000;

const [address] = process.argv.slice(2);
if (!address) {
  console.error(`usage: ${process.argv[1]} http://127.0.0.1:8000/graphql`);
  process.exit(2);
}

/** Where GraphQL is spoken. */
exports.address = address;

/** The same for WebSocket. */
exports.socketAddress = address.replace(/^http/, 'ws');

/** An order of the sample shop to which something has happened, and one that does not exist. */
exports.order = 'o-1004';
exports.noOrder = 'o-0';

exports.trackOrder = (id) => ({
  query: 'subscription Track($id: String!) { trackOrder(orderId: $id) { orderId } }',
  variables: { id },
});

exports.watchStock = {
  query: 'subscription { watchStock(productIds: ["p-1001"], follow: true) { productId available } }',
};

exports.adjustStock = {
  query:
    'mutation { adjustStock(productId: "p-1001", warehouse: "leipzig", change: 1) { productId } }',
};

exports.invalid = { query: 'subscription { noSuchField }' };

/** Does one step after the other; the first that fails ends it all. */
exports.run = async (steps) => {
  for (const [name, step] of Object.entries(steps)) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${LIMIT} ms`)), LIMIT);
    });
    try {
      await Promise.race([step(), late]);
    } catch (error) {
      console.error(`FAILED ${name}:`, error);
      process.exit(1);
    }
    clearTimeout(timer);
    console.log(`OK ${name}`);
  }
  process.exit(0);
};

/** All answers of an operation, until it ends. */
exports.collect = async (answers) => {
  const all = [];
  for await (const answer of answers) all.push(answer);
  return all;
};

/** A promise with its two ends in reach. */
exports.deferred = () => {
  const deferred = {};
  deferred.promise = new Promise((resolve, reject) => Object.assign(deferred, { resolve, reject }));
  return deferred;
};
