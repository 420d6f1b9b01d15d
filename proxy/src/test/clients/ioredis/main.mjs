// ioredis as applications use it: pipelines by hand and by itself, commands made of scripts, scan
// streams, MONITOR, and what it does after a cut: it sends again what was not answered.
import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { check, checkError, play, port, redisPort, restart, until } from '../stage.mjs';

function connect(more = {}) {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    connectionName: 'ioredis-it',
    scripts: { addTo: { lua: "return redis.call('incrby', KEYS[1], ARGV[1])", numberOfKeys: 1 } },
    ...more,
  });
  client.on('error', () => {}); // it reconnects by itself, and commands tell what became of them
  client.connects = 0;
  client.on('ready', () => client.connects++);
  return client;
}

const client = connect();
const other = connect();
const past = connect({ port: redisPort, connectionName: 'past' });

const awaitBlocked = (count) =>
  until('a client is blocked', async () =>
    (await past.info('clients')).includes(`blocked_clients:${count}\r\n`));

async function session() {
  check('ping', await client.ping());
  check('name', await other.client('GETNAME'));
  check('set', await client.set('k', 'v'));
  for (let i = 0; i < 3; i++) check('get', await client.get('k'));
  check('get absent', await client.get('absent'));
  check('mget', await client.mget('k', 'absent', 'k'));
  await past.set('k', 'elsewhere');
  await until('the write elsewhere is seen', async () => (await client.get('k')) === 'elsewhere');
  check('set options', await client.set('k', 'x', 'EX', 90, 'NX'));
  check('expiry', [await client.set('k', 'x', 'EX', 90), (await client.pttl('k')) > 80_000]);
  const three = connect({ db: 3 });
  check('other database', [await three.get('k'), await three.set('k', '3'), await three.get('k')]);
  check('selected', [await three.select(0), await three.get('k')]);
  check('quit', await three.quit());
  const prefixed = connect({ keyPrefix: 'app:' });
  check('prefixed', [await prefixed.set('k', 'own'), await prefixed.get('k'), await client.get('app:k')]);
  prefixed.disconnect();
}

async function types() {
  check('hash', [await client.hset('h', { a: 1, b: 2 }), await client.hgetall('h')]);
  check('hash absent', await client.hgetall('nothing'));
  check('members', [await client.sadd('s', 'x', 'y'), (await client.smembers('s')).sort()]);
  check('scores', [await client.zadd('z', 1.5, 'a', '+inf', 'b'), await client.zrange('z', 0, -1, 'WITHSCORES')]);
  check('numbers', [await client.incrbyfloat('f', 0.1), await client.incrby('i', '9007199254740993')]);
  check('list', [await client.rpush('l', 1, 2, 3), await client.lrange('l', 0, -1)]);
  check('config', await client.config('GET', 'maxmemory-policy'));
  check('nested', await client.geopos('nothing', 'a', 'b'));
  check('called', await client.call('LPOS', 'l', '2'));
  check('null array', await client.lpop('absent', 3));
  const exact = connect({ stringNumbers: true });
  check('exact', await exact.incr('i'));
  exact.disconnect();
}

async function errors() {
  await checkError('wrong type', () => client.lpush('k', 'v'));
  await checkError('unknown command', () => client.call('NO.SUCH', 'a b'));
  await checkError('arity', () => client.call('GET'));
  await checkError('no integer', () => client.incr('k'));
  const results = await client.pipeline().set('m', '1').hget('m', 'f').get('m').exec();
  check('within a pipeline', results.map(([error, value]) => [error?.message, value]));
}

async function pipelines() {
  const pipeline = client.pipeline();
  for (let i = 0; i < 300; i++) {
    pipeline.incr('n').get('n').set(`p${i % 7}`, `v${i}`).get(`p${i % 7}`).mget(`p${i % 7}`, 'n');
  }
  check('pipeline', (await pipeline.exec()).map(([error, value]) => error ?? value));
  const auto = connect({ enableAutoPipelining: true });
  const calls = [];
  for (let i = 0; i < 300; i++) calls.push(auto.incr('an'), auto.get('an'), auto.get('k'));
  check('automatic', await Promise.all(calls));
  auto.disconnect();
}

async function manyClients() {
  const clients = Array.from({ length: 30 }, () => connect({ lazyConnect: true }));
  await Promise.all(clients.map((one) => one.connect()));
  check('pool', await Promise.all(clients.map(async (one, i) => {
    await one.set(`pooled:${i}`, `v${i}`);
    return one.get(`pooled:${i}`);
  })));
  clients.forEach((one) => one.disconnect());
}

async function transactions() {
  await client.set('balance', '10');
  check('multi', await client.multi().decrby('balance', 3).get('balance').exec());
  const failed = await client.multi().set('t', 'x').lpush('t', 'y').get('t').exec();
  check('error within', failed.map(([error, value]) => [error?.message, value]));
  await checkError('refused within', () => client.multi().set('t', 'z').call('GET').exec());
  check('not done', await client.get('t'));
  check('unpipelined', [
    await client.multi({ pipeline: false }), await client.get('t'), await client.set('t', 'w'),
    await client.exec(), await client.get('t'),
  ]);
  check('discard', [await client.multi({ pipeline: false }), await client.incr('t'), await client.discard()]);
  const isolated = connect();
  await isolated.watch('balance');
  const seen = Number(await isolated.get('balance'));
  check('watched', await isolated.multi().set('balance', seen + 1).get('balance').exec());
  check('seen by others', await client.get('balance'));
  await isolated.watch('balance');
  await isolated.get('balance');
  await other.set('balance', '100');
  check('conflict', await isolated.multi().set('balance', '0').exec());
  await isolated.watch('balance', 'absent');
  await past.set('balance', '200');
  check('conflict past', await isolated.multi().set('balance', '0').exec());
  await isolated.watch('balance');
  await other.set('balance', '300');
  check('unwatch', [await isolated.unwatch(), await isolated.multi().get('balance').exec()]);
  isolated.disconnect();
}

async function scripts() {
  await other.set('n', '1');
  check('before', [await other.get('n'), await other.get('n')]);
  await past.script('FLUSH');
  check('unknown script', await client.addTo('n', 4));
  check('known script', await client.addTo('n', 5));
  check('after', await other.get('n'));
  await past.script('FLUSH');
  check('in a pipeline', await client.pipeline().addTo('n', 1).get('n').addTo('n', 1).exec());
  check('in a transaction', await client.multi().addTo('n', 1).get('n').exec());
  await checkError('noscript', () => client.evalsha('0'.repeat(40), 0));
  check('eval', await client.eval('return {1, "a", {ok="fine"}, false}', 0));
  const code = "#!lua name=lib\nredis.register_function('twice', function(k, a) return a[1]..a[1] end)";
  await checkError('function', () => client.function('LOAD', 'REPLACE', code));
  await checkError('call', () => client.fcall('twice', 1, 'n', 'x'));
}

async function blocking() {
  const waiting = connect();
  const popped = waiting.blpop('queue', 'queue2', 0);
  await awaitBlocked(1);
  check('others go on', [await client.set('free', 'yes'), await client.get('free')]);
  check('push', await client.rpush('queue2', 'job'));
  check('popped', await popped);
  check('timed out', await waiting.brpop('queue', 0.01));
  const pipelined = waiting.pipeline().set('before', '1').bzpopmin('zq', 0).get('before').exec();
  await awaitBlocked(1);
  await past.zadd('zq', 1, 'one');
  check('in a pipeline', await pipelined);
  const freed = checkError('freed', () => waiting.blpop('queue', 0));
  await awaitBlocked(1);
  const blocked = /id=(\d+) [^\n]*cmd=blpop/.exec(await past.client('LIST'))[1];
  await past.client('UNBLOCK', blocked, 'ERROR');
  await freed;
  waiting.disconnect();
}

async function streams() {
  for (let i = 1; i < 4; i++) check('xadd', await client.xadd('st', `${i}-0`, 'n', i, 'f', 'v'));
  check('xrange', await client.xrange('st', '-', '+', 'COUNT', 2));
  check('group', await client.xgroup('CREATE', 'st', 'g', '0'));
  check('read', await client.xreadgroup('GROUP', 'g', 'me', 'COUNT', 2, 'STREAMS', 'st', '>'));
  check('ack', [await client.xack('st', 'g', '1-0'), await client.xpending('st', 'g')]);
  const waiting = connect();
  const news = waiting.xread('BLOCK', 0, 'STREAMS', 'st', '$');
  await awaitBlocked(1);
  await client.xadd('st', '9-1', 'late', 'yes');
  check('blocked read', await news);
  const grouped = waiting.xreadgroup('GROUP', 'g', 'me', 'BLOCK', 20, 'STREAMS', 'nothing', '>');
  await checkError('no such group', () => grouped);
  waiting.disconnect();
}

async function iterators() {
  const pipeline = client.pipeline();
  for (let i = 0; i < 300; i++) pipeline.set(`scan:${i}`, 'x').hset('sh', `f${i}`, i);
  await pipeline.exec();
  const found = new Set();
  for await (const keys of client.scanStream({ match: 'scan:*', count: 50 })) {
    keys.forEach((key) => found.add(key));
  }
  check('scan', found);
  const fields = new Set();
  for await (const entries of client.hscanStream('sh', { count: 30 })) {
    entries.forEach((entry) => fields.add(entry));
  }
  check('hscan', fields);
}

const digest = (value) => createHash('sha1').update(value).digest('hex');

async function bytes() {
  const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  await client.set(binary, Buffer.concat([binary, binary]));
  for (let i = 0; i < 3; i++) check('bytes', await client.getBuffer(binary));
  check('mixed', await client.pipeline().getBuffer(binary).strlen(binary).exec());
  check('crlf', [await client.set('a\r\nb', '$-1\r\n'), await client.get('a\r\nb')]);
  check('empty', [await client.set('', ''), await client.get(''), await client.get('')]);
  check('utf', [await client.set('ключ', '値🙂'), await client.get('ключ'), await client.strlen('ключ')]);
  for (const size of [16_384, 65_536, 200_000, 6_000_000]) {
    await client.set('large', Buffer.alloc(size, `${size} bytes;`));
    for (let i = 0; i < 2; i++) check(`large ${size}`, digest(await client.getBuffer('large')));
    const three = await Promise.all([1, 2, 3].map(() => client.getBuffer('large')));
    check(`large at once ${size}`, three.map(digest));
  }
}

async function subscriptions() {
  const subscriber = connect();
  const heard = [];
  subscriber.on('message', (channel, message) => heard.push(`${channel}=${message}`));
  subscriber.on('pmessage', (pattern, channel, message) => heard.push(`${pattern} ${channel}=${message}`));
  subscriber.on('smessage', (channel, message) => heard.push(`shard ${channel}=${message}`));
  check('subscribe', await subscriber.subscribe('news', 'more'));
  check('psubscribe', await subscriber.psubscribe('n*'));
  check('publish', await client.publish('news', 'through'));
  await past.publish('more', 'past');
  await until('all is heard', () => heard.length === 3);
  check('heard', heard.splice(0));
  await checkError('command meanwhile', () => subscriber.get('k'));
  check('ping meanwhile', await subscriber.ping());
  check('unsubscribe', await subscriber.unsubscribe('news'));
  check('publish', await client.publish('news', 'pattern only'));
  await until('the pattern is heard', () => heard.length === 1);
  check('heard', heard.splice(0));
  check('no more', [await subscriber.unsubscribe('more'), await subscriber.punsubscribe('n*')]);
  check('afterwards', [await subscriber.set('k', 'w'), await subscriber.get('k')]);
  await checkError('sharded', async () => {
    await subscriber.ssubscribe('shard');
    await client.spublish('shard', 'piece');
    await until('the shard is heard', () => heard.length === 1);
    return [await subscriber.sunsubscribe('shard'), heard.splice(0)];
  });
  subscriber.disconnect();
}

async function monitor() {
  const seen = [];
  const monitoring = await client.monitor();
  monitoring.on('monitor', (time, args) => args[1]?.startsWith('monitored') && seen.push(args));
  await past.set('monitored', 'past');
  await client.set('monitored 2', 'through');
  await until('both are seen', () => seen.length === 2);
  check('monitored', seen);
  monitoring.disconnect();
}

async function connectionsKilled() {
  const victim = connect();
  await past.client('KILL', 'ID', await victim.client('ID'));
  await until('it is back', () => victim.connects === 2);
  check('killed', [await victim.set('r', '1'), await victim.get('r'), await victim.client('GETNAME')]);
  const popped = victim.blpop('resent', 0);
  await awaitBlocked(1);
  await past.client('KILL', 'TYPE', 'normal');
  await until('it is back', () => victim.connects === 3);
  await awaitBlocked(1);
  await past.rpush('resent', 'job');
  check('sent again', await popped);
  check('all are back', [await victim.set('r', '2'), await client.get('r'), await other.get('r')]);
  victim.disconnect();
}

async function subscriberKilled() {
  const subscriber = connect();
  const heard = [];
  subscriber.on('message', (channel, message) => heard.push(message));
  await subscriber.subscribe('news');
  await past.client('KILL', 'TYPE', 'pubsub');
  await until('it listens again', async () => (await past.publish('news', 'again')) === 1);
  await until('it hears', () => heard.length > 0);
  check('subscribed again', heard[0]);
  heard.length = 0;
  const connects = [client, other, subscriber].map((one) => one.connects);
  await restart();
  const back = (one, i) => one.connects === connects[i] + 1;
  await until('all are back', () => [client, other, subscriber].every(back));
  check('restarted', [await client.set('r', '3'), await client.get('r'), await other.get('r')]);
  await until('it listens again', async () => (await past.publish('news', 'later')) === 1);
  await until('it hears', () => heard.length > 0);
  check('subscribed again', heard[0]);
  subscriber.disconnect();
}

await play([
  session, types, errors, pipelines, manyClients, transactions, scripts, blocking, streams,
  iterators, bytes, subscriptions, monitor, connectionsKilled, subscriberKilled,
]);
