"""redis-py as applications use it: a pool in each client, pipelines that are transactions, locks,
registered scripts, listeners in threads, and asyncio. In RESP2, the only protocol of redis-py 4."""

import asyncio
import hashlib
import json
import sys
import threading
import time

import redis
import redis.asyncio
from redis.backoff import ConstantBackoff
from redis.retry import Retry

PORT, REDIS_PORT = map(int, sys.argv[1:3])
PATIENCE_S = 20
ONE_MORE = "return redis.call('incrby', KEYS[1], ARGV[1])"


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return "bytes " + value.hex()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Exception):
        return f"{type(value).__name__}: {value}"
    return repr(value)


def check(name, value):
    print(f"{name}: {json.dumps(value, default=plain, sort_keys=True)}", flush=True)


def check_error(name, action):
    try:
        check(name, {"value": action()})
    except redis.RedisError as error:
        check(name, error)


def until(what, condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("waited in vain until " + what)
        time.sleep(0.002)


def connect(port=PORT, **more):
    options = {"client_name": "redis-py-it", "decode_responses": True, **more}
    again = Retry(ConstantBackoff(0.02), 500)
    return redis.Redis(
        port=port, retry=again, retry_on_error=[redis.ConnectionError], **options
    )


client = connect()
other = connect()
past = connect(REDIS_PORT, client_name="past")


def await_blocked(count=1):
    until("a client is blocked", lambda: past.info("clients")["blocked_clients"] == count)


def session():
    check("ping", client.ping())
    check("name", other.client_getname())
    check("set", client.set("k", "v"))
    for _ in range(3):
        check("get", client.get("k"))
    check("get absent", client.get("absent"))
    check("mget", client.mget("k", "absent", "k"))
    past.set("k", "elsewhere")
    until("the write elsewhere is seen", lambda: client.get("k") == "elsewhere")
    check("set options", [client.set("k", "x", nx=True), client.set("k", "x", ex=90, get=True)])
    check("ttl", [client.ttl("k") > 80, client.persist("k"), client.ttl("k")])
    three = connect(db=3)
    check("other database", [three.get("k"), three.set("k", "3"), three.get("k")])
    three.close()
    single = connect(single_connection_client=True, db=2)
    check("single", [single.select(0), single.get("k"), single.client_getname()])
    single.close()


def types():
    check("hash", [client.hset("h", mapping={"a": 1, "b": 2}), client.hgetall("h")])
    check("members", [client.sadd("s", "x", "y"), client.smembers("s"), client.smembers("no")])
    check("scores", [client.zadd("z", {"a": 1.5}), client.zrange("z", 0, -1, withscores=True)])
    check("float", [client.incrbyfloat("f", 0.1), client.zscore("z", "a"), client.zscore("z", "n")])
    check("list", [client.rpush("l", 1, 2, 3), client.lrange("l", 0, -1), client.lpop("no", 2)])
    check("config", client.config_get("maxmemory-policy"))
    check("geo", [client.geoadd("g", (13.4, 52.5, "b")), client.geopos("g", "b", "n")])
    check("sort", client.sort("l", desc=True))
    check("bits", [client.setbit("b", 7, 1), client.getbit("b", 7), client.bitcount("b")])
    check("log", [client.pfadd("pf", 1, 2, 2), client.pfcount("pf")])
    check("type", [client.type("z"), client.object("encoding", "h"), client.exists("k", "h")])
    check("dump", client.restore("copy", 0, connect(decode_responses=False).dump("l")))
    check("restored", client.lrange("copy", 0, -1))
    check("time", len(client.time()))


def errors():
    check_error("wrong type", lambda: client.lpush("k", "v"))
    check_error("unknown command", lambda: client.execute_command("NO.SUCH", "a b"))
    check_error("arity", lambda: client.execute_command("GET"))
    check_error("no integer", lambda: client.incr("k"))
    check_error("database", lambda: connect(db=99).get("k"))
    pipe = client.pipeline(transaction=False).set("m", 1).hget("m", "f").get("m")
    check("within a pipeline", pipe.execute(raise_on_error=False))


def pipelines():
    pipe = client.pipeline(transaction=False)
    for i in range(300):
        pipe.incr("n").get("n").set(f"p{i % 7}", f"v{i}").get(f"p{i % 7}").mget(f"p{i % 7}", "n")
    check("pipeline", pipe.execute())


def pool():
    shared = redis.BlockingConnectionPool(port=PORT, max_connections=8, decode_responses=True)
    answers = [None] * 30

    def work(i):
        one = redis.Redis(connection_pool=shared)
        for _ in range(10):
            one.incr(f"pooled:{i}")
            answers[i] = one.get(f"pooled:{i}")

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(answers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check("pool", answers)
    shared.disconnect()


def transactions():
    client.set("balance", 10)
    check("multi", client.pipeline().decrby("balance", 3).get("balance").execute())
    failing = client.pipeline().set("t", "x").lpush("t", "y").get("t")
    check("error within", failing.execute(raise_on_error=False))
    refused = client.pipeline().set("t", "z").execute_command("GET")
    check_error("refused within", refused.execute)
    check("not done", client.get("t"))
    with client.pipeline() as pipe:
        pipe.watch("balance")
        seen = int(pipe.get("balance"))
        pipe.multi()
        check("watched", pipe.set("balance", seen + 1).get("balance").execute())
        check("seen by others", other.get("balance"))
        for who, writer in (("through", other), ("past", past)):
            pipe.watch("balance")
            pipe.get("balance")
            writer.incrby("balance", 100)
            pipe.multi()
            check_error("conflict " + who, pipe.set("balance", 0).execute)
        pipe.watch("balance")
        other.incr("balance")
        pipe.unwatch()
        check("unwatched", pipe.get("balance").execute())
    tries = []

    def spend(pipe):
        tries.append(pipe.get("balance"))
        if len(tries) == 1:
            other.set("balance", 7)
        pipe.multi()
        pipe.decr("balance")

    check("tried again", [client.transaction(spend, "balance"), len(tries), tries[-1]])
    with client.lock("lock", timeout=30) as lock:
        check("lock", [lock.owned(), other.lock("lock", timeout=30).acquire(blocking=False)])
    check("unlocked", client.get("lock"))


def scripts():
    other.set("n", 1)
    check("before", [other.get("n"), other.get("n")])
    add = client.register_script(ONE_MORE)
    past.script_flush()
    check("unknown script", add(["n"], [4]))
    check("known script", add(["n"], [5]))
    check("after", other.get("n"))
    past.script_flush()
    pipe = client.pipeline()
    add(["n"], [1], client=pipe)
    check("in a pipeline", pipe.get("n").execute())
    check_error("noscript", lambda: client.evalsha("0" * 40, 0))
    check("eval", client.eval('return {1, "a", {ok="fine"}, false}', 0))
    code = "#!lua name=lib\nredis.register_function('twice', function(k, a) return a[1]..a[1] end)"
    check_error("function", lambda: client.function_load(code, replace=True))
    check_error("call", lambda: client.fcall("twice", 1, "n", "x"))


def in_thread(action):
    result = []
    thread = threading.Thread(target=lambda: result.append(action()))
    thread.start()
    return thread, result


def blocking():
    thread, popped = in_thread(lambda: client.blpop(["queue", "queue2"], 0))
    await_blocked()
    check("others go on", [client.set("free", "yes"), client.get("free")])
    check("push", client.rpush("queue2", "job"))
    thread.join()
    check("popped", popped)
    check("timed out", client.brpop("queue", timeout=0.01))
    thread, moved = in_thread(lambda: client.blmove("from", "to", 0))
    await_blocked()
    past.rpush("from", "one")
    thread.join()
    check("moved", moved)
    impatient = redis.Redis(port=PORT, socket_timeout=0.2)
    check_error("client's own limit", lambda: impatient.blpop("queue", 0))
    await_blocked(0)
    check("limit over", [impatient.set("k", "x"), impatient.get("k")])


def streams():
    for i in (1, 2, 3):
        check("xadd", client.xadd("st", {"n": i, "f": "v"}, id=f"{i}-0"))
    check("xrange", client.xrange("st", count=2))
    check("group", client.xgroup_create("st", "g", "0"))
    check("read", client.xreadgroup("g", "me", {"st": ">"}, count=2))
    check("ack", [client.xack("st", "g", "1-0"), client.xpending("st", "g")])
    thread, news = in_thread(lambda: client.xread({"st": "$"}, block=0))
    await_blocked()
    client.xadd("st", {"late": "yes"}, id="9-1")
    thread.join()
    check("blocked read", news)
    check_error("no group", lambda: client.xreadgroup("g", "me", {"none": ">"}))
    check("info", client.xinfo_stream("st")["length"])


def iterators():
    pipe = client.pipeline(transaction=False)
    for i in range(300):
        pipe.set(f"scan:{i}", "x").hset("sh", f"f{i}", i)
    pipe.execute()
    check("scan", set(client.scan_iter("scan:*", count=50)))
    check("hscan", dict(client.hscan_iter("sh", count=30)))


def byte_values():
    bare = connect(decode_responses=False)
    every = bytes(range(256))
    check("set", bare.set(every, every + every))
    for _ in range(3):
        check("bytes", bare.get(every))
    check("crlf", [bare.set("a\r\nb", "$-1\r\n"), bare.get("a\r\nb")])
    check("empty", [bare.set("", ""), bare.get(""), bare.get("")])
    check("utf", [client.set("ключ", "値🙂"), client.get("ключ"), client.strlen("ключ")])
    for size in (16_384, 65_536, 200_000, 6_000_000):
        bare.set("large", (f"{size} bytes;".encode() * size)[:size])
        for _ in range(2):
            check(f"large {size}", hashlib.sha1(bare.get("large")).hexdigest())
        pipe = bare.pipeline(transaction=False).get("large").get("large").get("k")
        check(f"large pipelined {size}", [hashlib.sha1(v).hexdigest() for v in pipe.execute()])
    bare.close()


def heard(subscriber, count):
    messages = []
    until(
        f"{count} messages are heard",
        lambda: messages.append(subscriber.get_message(timeout=0.01)) or len([m for m in messages if m]) == count,
    )
    return [[m["type"], m["channel"], m["data"]] for m in messages if m]


def subscriptions():
    subscriber = client.pubsub()
    subscriber.subscribe("news", "more")
    subscriber.psubscribe("n*")
    check("subscribed", heard(subscriber, 3))
    check("publish", client.publish("news", "through"))
    past.publish("more", "past")
    check("heard", heard(subscriber, 3))
    subscriber.ping("still there")
    check("ping", heard(subscriber, 1))
    subscriber.unsubscribe("news")
    check("publish", client.publish("news", "pattern only"))
    check("heard", heard(subscriber, 2))
    subscriber.unsubscribe()
    subscriber.punsubscribe()
    check("over", [heard(subscriber, 2), subscriber.subscribed])
    subscriber.close()
    loud = []
    in_background = client.pubsub(ignore_subscribe_messages=True)
    in_background.subscribe(news=lambda message: loud.append(message["data"]))
    listener = in_background.run_in_thread(sleep_time=0.01)
    until("it listens", lambda: client.publish("news", "to the thread") == 1)
    until("the thread hears", lambda: loud)
    listener.stop()
    listener.join()
    check("in a thread", loud[0])
    with client.monitor() as monitor:
        past.set("monitored", "past")
        seen = next(line for line in monitor.listen() if "monitored" in line["command"])
        check("monitored", seen["command"])


async def asynchronous():
    one = redis.asyncio.Redis(port=PORT, decode_responses=True)
    await one.set("async", 0)
    check("gathered", sorted(await asyncio.gather(*(one.incr("async") for _ in range(40)))))
    async with one.pipeline(transaction=True) as pipe:
        check("async multi", await pipe.incr("async").get("async").execute())
    check("async reads", await asyncio.gather(*(one.get("async") for _ in range(10))))
    await one.close()


def connections_killed():
    victim = connect(single_connection_client=True)
    past.client_kill_filter(_id=victim.client_id())
    check("killed", [victim.set("r", 1), victim.get("r"), victim.client_getname()])
    thread, popped = in_thread(lambda: victim.blpop("again", 0))
    await_blocked()
    past.client_kill_filter(_type="normal")
    await_blocked()
    past.rpush("again", "job")
    thread.join()
    check("blocked again", popped)
    check("all are back", [victim.set("r", 2), client.get("r"), other.get("r")])
    victim.close()


def await_message(subscriber, channel, message):
    """Says it until it is heard; a listener that is asked again after its error subscribes again."""

    def hears():
        past.publish(channel, message)
        try:
            return subscriber.get_message(timeout=0.01)
        except redis.ConnectionError:
            return None

    until("it hears again", hears)


def subscriber_killed():
    subscriber = client.pubsub(ignore_subscribe_messages=True)
    subscriber.subscribe("news")
    await_message(subscriber, "news", "first")
    past.client_kill_filter(_type="pubsub")
    await_message(subscriber, "news", "again")
    print("@restart", flush=True)
    sys.stdin.readline()
    check("restarted", [client.set("r", 3), client.get("r"), other.get("r")])
    await_message(subscriber, "news", "later")
    check("subscribed again", subscriber.subscribed)
    check("pipelined after", client.pipeline().incr("rn").get("rn").execute())
    subscriber.close()


for part in (session, types, errors, pipelines, pool, transactions, scripts, blocking, streams,
             iterators, byte_values, subscriptions):
    part()
asyncio.run(asynchronous())
connections_killed()
subscriber_killed()
check("end", "reached")
