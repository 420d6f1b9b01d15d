/*
 * hiredis as applications use it: formatted and counted arguments, pipelines by appending, a
 * connection that reconnects by hand, and the asynchronous one on an event loop of poll(2). In
 * RESP2, the only protocol of the hiredis 0.14 that Debian 12 has.
 */
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PATIENCE_S 20

static int port, redis_port;

static void fail(const char *what, const char *why) {
  printf("%s failed: %s\n", what, why);
  exit(1);
}

/* Replies */

static void show_bytes(const char *bytes, size_t length) {
  if (length > 200) {
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    printf("%zu bytes of %08x", length, hash);
    return;
  }
  putchar('"');
  for (size_t i = 0; i < length; i++) {
    unsigned char byte = (unsigned char)bytes[i];
    if (byte >= ' ' && byte < 127 && byte != '"') putchar(byte);
    else printf("\\x%02x", byte);
  }
  putchar('"');
}

static void show(const redisReply *reply) {
  printf("%d ", reply->type);
  if (reply->type == REDIS_REPLY_INTEGER) printf("%lld", reply->integer);
  if (reply->str != NULL) show_bytes(reply->str, reply->len);
  if (reply->elements > 0) {
    putchar('[');
    for (size_t i = 0; i < reply->elements; i++) {
      if (i > 0) printf(", ");
      show(reply->element[i]);
    }
    putchar(']');
  }
}

/* Prints one check and frees the reply; its type comes before its value. */
static void check(const char *name, redisReply *reply) {
  if (reply == NULL) fail(name, "there is no reply");
  printf("%s: ", name);
  show(reply);
  putchar('\n');
  freeReplyObject(reply);
}

#define CHECK(context, ...) check(#__VA_ARGS__, redisCommand(context, __VA_ARGS__))

/* Connections */

static redisContext *connect_to(int number) {
  struct timeval limit = {PATIENCE_S, 0};
  redisContext *context = redisConnectWithTimeout("127.0.0.1", number, limit);
  if (context == NULL || context->err) fail("connect", context ? context->errstr : "no memory");
  redisSetTimeout(context, limit);
  redisEnableKeepAlive(context);
  return context;
}

static redisContext *client, *other, *past;

static void pause_briefly(void) { nanosleep(&(struct timespec){0, 2000000}, NULL); }

/* Asks again and again until the text of the reply contains what is waited for. */
static void await_text(redisContext *context, const char *command, const char *text) {
  time_t end = time(NULL) + PATIENCE_S;
  for (int found = 0; !found;) {
    redisReply *reply = redisCommand(context, command);
    if (reply == NULL) fail(command, context->errstr);
    found = reply->str != NULL && strstr(reply->str, text) != NULL;
    freeReplyObject(reply);
    if (time(NULL) > end) fail("waited in vain for", text);
    pause_briefly();
  }
}

static redisReply *answer(redisContext *context) {
  void *reply = NULL;
  if (redisGetReply(context, &reply) != REDIS_OK) fail("reply", context->errstr);
  return reply;
}

/* Connects the same context again until the server is there and answers. */
static void reconnect(redisContext *context) {
  time_t end = time(NULL) + PATIENCE_S;
  for (;;) {
    if (redisReconnect(context) == REDIS_OK) {
      redisReply *reply = redisCommand(context, "PING");
      if (reply != NULL) {
        freeReplyObject(reply);
        return;
      }
    }
    if (time(NULL) > end) fail("reconnect", context->errstr);
    pause_briefly();
  }
}

/* Parts */

static void session(void) {
  CHECK(client, "PING");
  CHECK(client, "CLIENT SETNAME %s", "hiredis-it");
  CHECK(client, "CLIENT GETNAME");
  CHECK(client, "SET k %s", "v");
  for (int i = 0; i < 3; i++) CHECK(client, "GET k");
  CHECK(client, "GET absent");
  CHECK(client, "MGET k absent k");
  CHECK(past, "SET k elsewhere");
  await_text(client, "GET k", "elsewhere");
  CHECK(client, "SELECT 3");
  CHECK(client, "GET k");
  CHECK(client, "SET k three");
  CHECK(client, "GET k");
  CHECK(client, "SELECT 0");
  CHECK(client, "GET k");
  CHECK(client, "HSET h a 1 b 2");
  CHECK(client, "HGETALL h");
  CHECK(client, "SADD s x");
  CHECK(client, "SMEMBERS s");
  CHECK(client, "ZADD z 1.5 a");
  CHECK(client, "ZSCORE z a");
  CHECK(client, "LPUSH k v");
  CHECK(client, "NO.SUCH %s", "a b");
  CHECK(client, "GET");
  CHECK(client, "LPOP absent 3");
  CHECK(client, "EXISTS k h absent");
}

static void pipelines(void) {
  for (int i = 0; i < 500; i++) {
    redisAppendCommand(client, "INCR n");
    redisAppendCommand(client, "GET n");
    redisAppendCommand(client, "SET p%d v%d", i % 7, i);
    redisAppendCommand(client, "GET p%d", i % 7);
    redisAppendCommand(client, "MGET p%d n", i % 7);
  }
  for (int i = 0; i < 2500; i++) check("pipelined", answer(client));
}

static void transactions(void) {
  CHECK(client, "SET balance 10");
  CHECK(client, "WATCH balance");
  CHECK(client, "GET balance");
  CHECK(client, "MULTI");
  CHECK(client, "DECRBY balance 3");
  CHECK(client, "GET balance");
  CHECK(client, "EXEC");
  CHECK(other, "GET balance");
  for (int i = 0; i < 2; i++) {
    CHECK(client, "WATCH balance");
    CHECK(client, "GET balance");
    CHECK(i == 0 ? other : past, "SET balance 100");
    const char *pipeline[] = {"MULTI", "SET balance 0", "EXEC", "GET balance"};
    for (int j = 0; j < 4; j++) redisAppendCommand(client, pipeline[j]);
    for (int j = 0; j < 4; j++) check("conflict", answer(client));
  }
  CHECK(client, "WATCH balance");
  CHECK(other, "INCR balance");
  CHECK(client, "UNWATCH");
  CHECK(client, "MULTI");
  CHECK(client, "GET");
  CHECK(client, "EXEC");
  CHECK(client, "MULTI");
  CHECK(client, "INCR balance");
  CHECK(client, "DISCARD");
  CHECK(client, "GET balance");
}

static void scripts(void) {
  const char *add = "return redis.call('incrby', KEYS[1], ARGV[1])";
  CHECK(other, "SET n 1");
  CHECK(other, "GET n");
  CHECK(other, "GET n");
  CHECK(past, "SCRIPT FLUSH");
  const char *sha = "0d3d4d2b8d7bd6d3ef06ae8bd2b5f37bc0ffb4f9";
  redisReply *reply = redisCommand(client, "EVALSHA %s 1 n 4", sha);
  if (reply == NULL || reply->type != REDIS_REPLY_ERROR || strncmp(reply->str, "NOSCRIPT", 8)) {
    fail("NOSCRIPT", "another reply");
  }
  check("unknown script", reply);
  CHECK(client, "EVAL %s 1 n 4", add);
  CHECK(other, "GET n");
  reply = redisCommand(client, "SCRIPT LOAD %s", add);
  CHECK(client, "EVALSHA %s 1 n 5", reply->str);
  check("sha", reply);
  CHECK(other, "GET n");
}

static void blocking(void) {
  redisContext *waiting = connect_to(port);
  redisAppendCommand(waiting, "BLPOP queue 0");
  for (int done = 0; !done;) redisBufferWrite(waiting, &done);
  await_text(past, "INFO clients", "blocked_clients:1\r\n");
  CHECK(client, "SET free yes");
  CHECK(client, "GET free");
  CHECK(client, "RPUSH queue job");
  check("popped", answer(waiting));
  CHECK(waiting, "BLPOP queue 0.01");
  redisAppendCommand(waiting, "XREAD BLOCK 0 STREAMS st $");
  redisAppendCommand(waiting, "GET free");
  for (int done = 0; !done;) redisBufferWrite(waiting, &done);
  await_text(past, "INFO clients", "blocked_clients:1\r\n");
  CHECK(client, "XADD st 1-1 f v");
  check("read", answer(waiting));
  check("behind it", answer(waiting));
  CHECK(client, "XGROUP CREATE st g 0");
  CHECK(client, "XREADGROUP GROUP g me STREAMS st >");
  CHECK(client, "XACK st g 1-1");
  redisFree(waiting);
  redisContext *impatient = connect_to(port);
  redisSetTimeout(impatient, (struct timeval){0, 200000});
  redisReply *none = redisCommand(impatient, "BLPOP queue 0");
  printf("own limit: %s\n", none == NULL ? "no reply" : "a reply");
  redisFree(impatient);
  await_text(past, "INFO clients", "blocked_clients:0\r\n");
}

static void scan(void) {
  for (int i = 0; i < 300; i++) redisAppendCommand(client, "SET scan:%d x", i);
  for (int i = 0; i < 300; i++) freeReplyObject(answer(client));
  char seen[300] = {0}, cursor[32] = "0";
  int count = 0;
  do {
    redisReply *reply = redisCommand(client, "SCAN %s MATCH scan:* COUNT 50", cursor);
    snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
    for (size_t i = 0; i < reply->element[1]->elements; i++) {
      int number = atoi(reply->element[1]->element[i]->str + 5);
      count += !seen[number];
      seen[number] = 1;
    }
    freeReplyObject(reply);
  } while (strcmp(cursor, "0") != 0);
  printf("scanned: %d\n", count);
}

static void bytes(void) {
  char every[256];
  for (int i = 0; i < 256; i++) every[i] = (char)i;
  CHECK(client, "SET %b %b", every, sizeof every, every, sizeof every);
  for (int i = 0; i < 3; i++) CHECK(client, "GET %b", every, sizeof every);
  CHECK(client, "SET %b %b", "", (size_t)0, "", (size_t)0);
  CHECK(client, "GET %b", "", (size_t)0);
  const char *parts[] = {"SET", "a\r\nb", "$-1\r\n"};
  check("counted", redisCommandArgv(client, 3, parts, NULL));
  CHECK(client, "GET %s", "a\r\nb");
  const size_t sizes[] = {16384, 65536, 200000, 6000000};
  for (int i = 0; i < 4; i++) {
    char *large = malloc(sizes[i]);
    for (size_t j = 0; j < sizes[i]; j++) large[j] = (char)(j * 31 + i);
    CHECK(client, "SET large %b", large, sizes[i]);
    free(large);
    CHECK(client, "GET large");
    for (int j = 0; j < 3; j++) redisAppendCommand(client, "GET large");
    for (int j = 0; j < 3; j++) check("large pipelined", answer(client));
  }
}

static void subscription(void) {
  redisContext *subscriber = connect_to(port);
  CHECK(subscriber, "SUBSCRIBE news");
  CHECK(subscriber, "PSUBSCRIBE n*");
  CHECK(client, "PUBLISH news through");
  CHECK(past, "PUBLISH news past");
  for (int i = 0; i < 4; i++) check("message", answer(subscriber));
  CHECK(subscriber, "UNSUBSCRIBE news");
  CHECK(subscriber, "PUNSUBSCRIBE n*");
  CHECK(subscriber, "GET free");
  redisFree(subscriber);
}

static void killed(void) {
  redisContext *victim = connect_to(port);
  redisReply *id = redisCommand(victim, "CLIENT ID");
  CHECK(past, "CLIENT KILL ID %lld", id->integer);
  freeReplyObject(id);
  printf("killed: %s\n", redisCommand(victim, "SET r 0") == NULL ? "no reply" : "a reply");
  reconnect(victim);
  CHECK(victim, "SET r 1");
  CHECK(victim, "GET r");
  redisAppendCommand(victim, "BLPOP never 0");
  for (int done = 0; !done;) redisBufferWrite(victim, &done);
  await_text(past, "INFO clients", "blocked_clients:1\r\n");
  freeReplyObject(redisCommand(past, "CLIENT KILL TYPE normal"));
  void *reply;
  printf("killed: %s\n", redisGetReply(victim, &reply) == REDIS_OK ? "a reply" : "no reply");
  redisContext *all[] = {victim, client, other};
  for (int i = 0; i < 3; i++) reconnect(all[i]);
  for (int i = 0; i < 3; i++) CHECK(all[i], "INCR r");
  puts("@restart");
  fflush(stdout);
  char line[64];
  if (fgets(line, sizeof line, stdin) == NULL) fail("restart", "no answer");
  for (int i = 0; i < 3; i++) reconnect(all[i]);
  for (int i = 0; i < 3; i++) CHECK(all[i], "INCR r");
  for (int i = 0; i < 3; i++) CHECK(all[i], "GET r");
  redisFree(victim);
}

/* The asynchronous client, on poll(2) */

struct loop {
  int reads, writes, open, answers;
};

static void want_read(void *loop) { ((struct loop *)loop)->reads = 1; }
static void no_read(void *loop) { ((struct loop *)loop)->reads = 0; }
static void want_write(void *loop) { ((struct loop *)loop)->writes = 1; }
static void no_write(void *loop) { ((struct loop *)loop)->writes = 0; }
static void gone(void *loop) { ((struct loop *)loop)->open = 0; }

static redisAsyncContext *connect_async(struct loop *loop) {
  *loop = (struct loop){.open = 1};
  redisAsyncContext *context = redisAsyncConnect("127.0.0.1", port);
  if (context == NULL || context->err) fail("asynchronous connect", "refused");
  context->ev.data = loop;
  context->ev.addRead = want_read;
  context->ev.delRead = no_read;
  context->ev.addWrite = want_write;
  context->ev.delWrite = no_write;
  context->ev.cleanup = gone;
  want_write(loop);
  return context;
}

/* Lets the loop turn until that many answers came, or the connection is gone. */
static void turn(redisAsyncContext *context, struct loop *loop, int answers) {
  while (loop->open && loop->answers < answers) {
    short wanted = (short)((loop->reads ? POLLIN : 0) | (loop->writes ? POLLOUT : 0));
    struct pollfd poller = {.fd = context->c.fd, .events = wanted};
    if (poll(&poller, 1, PATIENCE_S * 1000) <= 0) fail("asynchronous", "nothing happens");
    if (loop->open && poller.revents & POLLOUT) redisAsyncHandleWrite(context);
    if (loop->open && poller.revents & (POLLIN | POLLHUP | POLLERR)) redisAsyncHandleRead(context);
  }
}

/* The reply belongs to the library; without one the connection is gone. */
static void on_reply(redisAsyncContext *context, void *reply, void *name) {
  ((struct loop *)context->ev.data)->answers++;
  printf("%s: ", (const char *)name);
  if (reply != NULL) show(reply);
  putchar('\n');
}

static void asynchronous(void) {
  struct loop loop;
  redisAsyncContext *context = connect_async(&loop);
  for (int i = 0; i < 200; i++) {
    redisAsyncCommand(context, on_reply, "async", "INCR async");
    redisAsyncCommand(context, on_reply, "async", "GET async");
    redisAsyncCommand(context, on_reply, "async", "GET k");
  }
  turn(context, &loop, 600);
  redisAsyncCommand(context, on_reply, "async", "MULTI");
  redisAsyncCommand(context, on_reply, "async", "INCR async");
  redisAsyncCommand(context, on_reply, "async", "EXEC");
  redisAsyncCommand(context, on_reply, "async", "BLPOP late 0");
  redisAsyncCommand(context, on_reply, "behind it", "GET async");
  turn(context, &loop, 603);
  await_text(past, "INFO clients", "blocked_clients:1\r\n");
  CHECK(past, "RPUSH late job");
  turn(context, &loop, 605);
  redisAsyncCommand(context, on_reply, "last", "GET async");
  redisAsyncDisconnect(context);
  turn(context, &loop, 1000);
  printf("disconnected: %d answers\n", loop.answers);

  context = connect_async(&loop);
  redisAsyncCommand(context, on_reply, "channel", "SUBSCRIBE news");
  redisAsyncCommand(context, on_reply, "pattern", "PSUBSCRIBE n*");
  turn(context, &loop, 2);
  CHECK(client, "PUBLISH news through");
  turn(context, &loop, 4);
  freeReplyObject(redisCommand(past, "CLIENT KILL TYPE pubsub")); /* the sidecar itself is one */
  turn(context, &loop, 1000);
  printf("cut: %d answers\n", loop.answers);
}

int main(int count, char **arguments) {
  if (count != 4) fail("arguments", "port, Redis's port, protocol");
  signal(SIGPIPE, SIG_IGN);
  port = atoi(arguments[1]);
  redis_port = atoi(arguments[2]);
  client = connect_to(port);
  other = connect_to(port);
  past = connect_to(redis_port);
  freeReplyObject(redisCommand(past, "CLIENT SETNAME past"));
  session();
  pipelines();
  transactions();
  scripts();
  blocking();
  scan();
  bytes();
  subscription();
  asynchronous();
  killed();
  puts("end: \"reached\"");
  return 0;
}
