// node-redis as applications use it: commands gathered in a tick, pools, watched transactions,
// scripts, isolated clients for what blocks, subscriptions, a cache of its own.
import { createHash } from 'node:crypto';
import {
  BasicClientSideCache,
  createClient,
  createClientPool,
  defineScript,
  RESP_TYPES,
} from 'redis';
import { check, checkError, play, port, protocol, redisPort, restart, until } from '../stage.mjs';

const options = {
  RESP: protocol,
  unstableResp3: true, // else XREAD refuses to speak RESP3
  name: 'node-redis-it',
  socket: { port, host: '127.0.0.1' },
  scripts: {
    addTo: defineScript({
      NUMBER_OF_KEYS: 1,
      SCRIPT: "return redis.call('incrby', KEYS[1], ARGV[1])",
      parseCommand: (parser, key, amount) => {
        parser.pushKey(key);
        parser.push(`${amount}`);
      },
      transformReply: (reply) => reply,
    }),
  },
};

async function connect(more = {}) {
  const client = createClient({ ...options, ...more });
  client.on('error', () => {}); // it reconnects by itself, and commands tell what became of them
  client.connects = 0;
  client.on('ready', () => client.connects++);
  return client.connect();
}

const client = await connect();
const other = await connect();
const past = await connect({ name: 'past', socket: { port: redisPort, host: '127.0.0.1' } });

const awaitBlocked = (count) =>
  until('a client is blocked', async () =>
    (await past.info('clients')).includes(`blocked_clients:${count}\r\n`));

async function session() {
  check('ping', await client.ping());
  check('name', await other.clientGetName());
  check('set', await client.set('k', 'v'));
  for (let i = 0; i < 3; i++) check('get', await client.get('k'));
  check('get absent', await client.get('absent'));
  check('mget', await client.mGet(['k', 'absent', 'k']));
  await past.set('k', 'elsewhere');
  await until('the write elsewhere is seen', async () => (await client.get('k')) === 'elsewhere');
  check('set options', await client.set('k', 'x', { condition: 'NX', GET: undefined }));
  check('set get', await client.set('k', 'x', { GET: true, expiration: { type: 'EX', value: 90 } }));
  check('ttl', (await client.ttl('k')) > 80);
  check('persist', [await client.persist('k'), await client.ttl('k')]);
  const three = await connect({ database: 3 });
  check('other database', [await three.get('k'), await three.set('k', '3'), await three.get('k')]);
  await three.select(0);
  check('selected', await three.get('k'));
  await three.close();
}

async function types() {
  check('hash', [await client.hSet('h', { a: '1', b: '2' }), await client.hGetAll('h')]);
  check('hash absent', await client.hGetAll('nothing'));
  check('set members', [await client.sAdd('s', ['x', 'y']), (await client.sMembers('s')).sort()]);
  await client.zAdd('z', [{ score: 1.5, value: 'a' }, { score: Infinity, value: 'b' }]);
  check('scores', await client.zRangeWithScores('z', 0, -1));
  check('score', [await client.zScore('z', 'b'), await client.zScore('z', 'none')]);
  check('float', await client.incrByFloat('f', 0.1));
  check('list', [await client.rPush('l', ['1', '2', '3']), await client.lRange('l', 0, -1)]);
  check('config', await client.configGet('maxmemory-policy'));
  check('exists', await client.exists(['k', 'h', 'absent']));
  check('geo', await client.geoAdd('g', { longitude: 13.4, latitude: 52.5, member: 'b' }));
  check('geo pos', await client.geoPos('g', ['b', 'none']));
  check('raw', await client.sendCommand(['LPOS', 'l', '2']));
  check('raw null array', await client.sendCommand(['LPOP', 'absent', '3']));
}

async function errors() {
  await checkError('wrong type', () => client.lPush('k', 'v'));
  await checkError('unknown command', () => client.sendCommand(['NO.SUCH', 'a b']));
  await checkError('arity', () => client.sendCommand(['GET']));
  await checkError('no integer', () => client.incr('k'));
  await checkError('mixed', () => Promise.all([client.set('m', '1'), client.hGet('m', 'f')]));
  check('goes on', await client.get('m'));
}

async function pipelines() {
  const tick = [];
  for (let i = 0; i < 500; i++) {
    tick.push(client.incr('n'), client.get('n'), client.set(`p${i % 7}`, `v${i}`));
    tick.push(client.get(`p${i % 7}`), client.mGet([`p${i % 7}`, 'n']));
  }
  check('tick', await Promise.all(tick));
  const pipeline = client.multi().set('a', '1').incr('a').get('a').hGetAll('h').get('absent');
  check('pipeline', await pipeline.execAsPipeline());
}

async function pool() {
  const clients = createClientPool(options, { minimum: 2, maximum: 8 });
  clients.on('error', () => {});
  await clients.connect();
  const tasks = [];
  for (let i = 0; i < 40; i++) {
    tasks.push(clients.execute(async (one) => {
      await one.set(`pooled:${i}`, `v${i}`);
      return one.get(`pooled:${i}`);
    }));
  }
  check('pool', await Promise.all(tasks));
  check('pool multi', await clients.multi().incr('pooled').get('pooled').exec());
  check('pool command', await clients.get('pooled'));
  await clients.close();
}

async function transactions() {
  await client.set('balance', '10');
  check('multi', await client.multi().decrBy('balance', 3).get('balance').exec());
  await checkError('error within', () => client.multi().set('t', 'x').lPush('t', 'y').exec());
  check('done though', await client.get('t'));
  await checkError('refused within', () =>
    client.multi().set('t', 'z').addCommand(['GET']).exec());
  check('not done', await client.get('t'));
  const isolated = await connect();
  await isolated.watch('balance');
  const seen = Number(await isolated.get('balance'));
  check('watched', await isolated.multi().set('balance', `${seen + 1}`).get('balance').exec());
  check('seen by others', await client.get('balance'));
  await isolated.watch('balance');
  await isolated.get('balance');
  await other.set('balance', '100');
  await checkError('conflict', () => isolated.multi().set('balance', '0').exec());
  await isolated.watch(['balance', 'absent']);
  await past.set('balance', '200');
  await checkError('conflict past', () => isolated.multi().set('balance', '0').exec());
  await isolated.watch('balance');
  await other.set('balance', '300');
  check('unwatch', await isolated.unwatch());
  check('no conflict', await isolated.multi().get('balance').exec());
  await isolated.close();
}

async function scripts() {
  await other.set('n', '1');
  check('before', [await other.get('n'), await other.get('n')]);
  await past.scriptFlush();
  check('unknown script', await client.addTo('n', 4));
  check('known script', await client.addTo('n', 5));
  check('after', await other.get('n'));
  await checkError('noscript', () => client.evalSha('0'.repeat(40), { keys: ['n'] }));
  await past.scriptFlush();
  await checkError('in a transaction', () => client.multi().addTo('n', 1).exec());
  check('eval', await client.eval('return {1, "a", {ok="fine"}, false}', { keys: [], arguments: [] }));
  const code = "#!lua name=lib\nredis.register_function('twice', function(k, a) return a[1]..a[1] end)";
  await checkError('function', () => client.functionLoad(code, { REPLACE: true }));
  await checkError('call', () => client.fCall('twice', { keys: ['n'], arguments: ['x'] }));
}

async function blocking() {
  const waiting = await connect();
  const popped = waiting.blPop('queue', 0);
  await awaitBlocked(1);
  check('others go on', [await client.set('free', 'yes'), await client.get('free')]);
  check('push', await client.rPush('queue', 'job'));
  check('popped', await popped);
  check('timed out', await waiting.blPop('queue', 0.01));
  const moved = waiting.blMove('from', 'to', 'LEFT', 'RIGHT', 0);
  await awaitBlocked(1);
  await past.rPush('from', 'one');
  check('moved', [await moved, await client.lRange('to', 0, -1)]);
  await waiting.close();
}

async function streams() {
  for (let i = 1; i < 4; i++) check('xadd', await client.xAdd('st', `${i}-0`, { n: `${i}`, f: 'v' }));
  check('xrange', await client.xRange('st', '-', '+', { COUNT: 2 }));
  check('group', await client.xGroupCreate('st', 'g', '0'));
  check('read', await client.xReadGroup('g', 'me', { key: 'st', id: '>' }, { COUNT: 2 }));
  check('ack', await client.xAck('st', 'g', '1-0'));
  check('pending', await client.xPending('st', 'g'));
  check('claimed', await client.xAutoClaim('st', 'g', 'you', 0, '0'));
  const waiting = await connect();
  const news = waiting.xRead({ key: 'st', id: '$' }, { BLOCK: 0 });
  await awaitBlocked(1);
  await client.xAdd('st', '9-1', { late: 'yes' });
  check('blocked read', await news);
  await waiting.close();
  check('info', (await client.xInfoStream('st')).length);
}

async function iterators() {
  const tick = [];
  for (let i = 0; i < 300; i++) tick.push(client.set(`scan:${i}`, 'x'), client.hSet('sh', `f${i}`, i));
  await Promise.all(tick);
  const found = new Set();
  for await (const keys of client.scanIterator({ MATCH: 'scan:*', COUNT: 50 })) {
    keys.forEach((key) => found.add(key));
  }
  check('scan', found);
  const fields = new Set();
  for await (const entries of client.hScanIterator('sh', { COUNT: 30 })) {
    entries.forEach((entry) => fields.add(`${entry.field}=${entry.value}`));
  }
  check('hscan', fields);
}

async function bytes() {
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  const bare = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await bare.set(binary, Buffer.concat([binary, binary]));
  for (let i = 0; i < 3; i++) check('bytes', await bare.get(binary));
  check('crlf', [await client.set('a\r\nb', '$-1\r\n'), await client.get('a\r\nb')]);
  check('empty', [await client.set('', ''), await client.get(''), await client.get('')]);
  check('utf', [await client.set('ключ', '値🙂'), await client.get('ключ'), await client.strLen('ключ')]);
  for (const size of [16_384, 65_536, 200_000, 6_000_000]) {
    const large = Buffer.alloc(size, `${size} bytes;`);
    await bare.set('large', large);
    for (let i = 0; i < 2; i++) check(`large ${size}`, digest(await bare.get('large')));
    check(`large pipelined ${size}`, (await Promise.all([1, 2, 3].map(() => bare.get('large')))).map(digest));
  }
}

const digest = (value) => createHash('sha1').update(value).digest('hex');

async function subscriptions() {
  const subscriber = await connect();
  const heard = [];
  const hear = (message, channel) => heard.push(`${channel}=${message}`);
  await subscriber.subscribe(['news', 'more'], hear);
  await subscriber.pSubscribe('n*', hear);
  check('publish', await client.publish('news', 'through'));
  await past.publish('more', 'past');
  await until('all is heard', () => heard.length === 3);
  check('heard', heard.splice(0));
  await subscriber.unsubscribe('news', hear);
  check('publish', await client.publish('news', 'pattern only'));
  await until('the pattern is heard', () => heard.length === 1);
  await subscriber.subscribe('bytes', (message) => heard.push(message.toString('hex')), true);
  await past.publish('bytes', Buffer.from([0, 255, 13, 10]));
  await until('bytes are heard', () => heard.length === 2);
  check('heard', heard.splice(0));
  if (protocol === 3) check('commands go on', [await subscriber.set('k', 'w'), await subscriber.get('k')]);
  await subscriber.unsubscribe(['more', 'bytes']);
  await subscriber.pUnsubscribe('n*');
  check('afterwards', [await subscriber.set('k', 'w'), await subscriber.get('k')]);
  await checkError('sharded', async () => {
    await subscriber.sSubscribe('shard', hear);
    await client.sPublish('shard', 'piece');
    await until('the shard is heard', () => heard.length === 1);
    await subscriber.sUnsubscribe('shard');
    return heard.splice(0);
  });
  subscriber.destroy();
}

async function ownCache() {
  if (protocol !== 3) return;
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: 'LRU' });
  const cached = await connect({ clientSideCache: cache });
  await cached.set('c', '1');
  for (let i = 0; i < 4; i++) check('cached', await cached.get('c'));
  check('hits', cache.stats().hitCount);
  await client.set('c', '2');
  await until('a write through is seen', async () => (await cached.get('c')) === '2');
  await past.set('c', '3');
  await until('a write past is seen', async () => (await cached.get('c')) === '3');
  const hits = cache.stats().hitCount;
  check('cached again', [await cached.get('c'), await cached.get('c')]);
  check('more hits', cache.stats().hitCount - hits);
  check('hash', [await cached.hGetAll('h'), await cached.hGetAll('h')]);
  await client.hSet('h', 'a', '7');
  await until('the field is seen', async () => (await cached.hGet('h', 'a')) === '7');
  await past.clientKill({ filter: 'ID', id: await cached.clientId() });
  await until('it is back', () => cached.connects === 2);
  await past.set('c', '4');
  check('after the cut', await cached.get('c'));
  await past.set('c', '5');
  await until('tracked again', async () => (await cached.get('c')) === '5');
  await cached.close();
}

async function connectionsKilled() {
  const victim = await connect();
  const id = await victim.clientId();
  await past.clientKill({ filter: 'ID', id });
  await until('it is back', () => victim.connects === 2);
  check('killed', [await victim.set('r', '1'), await victim.get('r'), await victim.clientGetName()]);
  const blocked = checkError('killed while blocked', () => victim.blPop('never', 0));
  await awaitBlocked(1);
  await past.clientKill({ filter: 'TYPE', type: 'normal' });
  await blocked;
  await until('it is back', () => victim.connects === 3);
  check('killed again', [await victim.set('r', '2'), await victim.get('r')]);
  await victim.close();
  await until('others are back', async () => (await client.get('r').catch(() => '')) === '2');
  check('all are back', [await client.get('r'), await other.get('r').catch(() => other.get('r'))]);
}

async function subscriberKilled() {
  const subscriber = await connect();
  const heard = [];
  await subscriber.subscribe('news', (message) => heard.push(message));
  await past.clientKill({ filter: 'TYPE', type: 'pubsub' });
  await until('it listens again', async () => (await past.publish('news', 'again')) === 1);
  await until('it hears', () => heard.length > 0);
  check('resubscribed', heard[0]);
  heard.length = 0;
  const connects = [client.connects, other.connects, subscriber.connects];
  await restart();
  await until('all are back', () =>
    [client, other, subscriber].every((one, i) => one.connects === connects[i] + 1));
  check('restarted', [await client.set('r', '3'), await client.get('r'), await other.get('r')]);
  await until('it listens again', async () => (await past.publish('news', 'later')) === 1);
  await until('it hears', () => heard.length > 0);
  check('resubscribed', heard[0]);
  subscriber.destroy();
  check('pipelined after', await Promise.all([client.incr('rn'), other.get('r'), client.get('rn')]));
}

await play([
  session, types, errors, pipelines, pool, transactions, scripts, blocking, streams, iterators,
  bytes, subscriptions, ownCache, connectionsKilled, subscriberKilled,
]);
