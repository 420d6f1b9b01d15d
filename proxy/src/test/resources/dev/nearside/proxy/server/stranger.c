/* A module that nobody knows, without redismodule.h: the few functions it needs are asked for by
 * name, as that header does. The layout of the context's first field is the module interface. */
#include <stddef.h>

typedef struct Ctx Ctx;
typedef struct Key Key;
typedef struct String String;
typedef struct Blocked Blocked;
typedef int (*Command)(Ctx *, String **, int);
typedef int (*GetApi)(const char *, void *);

static int (*set_attribs)(Ctx *, const char *, int, int);
static int (*create_command)(Ctx *, const char *, Command, const char *, int, int, int);
static String *(*create_string)(Ctx *, const char *, size_t);
static Key *(*open_key)(Ctx *, String *, int);
static int (*string_set)(Key *, String *);
static void (*close_key)(Key *);
static int (*reply_ok)(Ctx *, const char *);
static int (*reply_map)(Ctx *, long);
static int (*reply_double)(Ctx *, double);
static int (*reply_bool)(Ctx *, int);
static int (*replicate)(Ctx *);
static Blocked *(*block)(Ctx *, Command, Command, void (*)(Ctx *, void *), long long);

#define WRITE (1 << 1)

/* STRANGER.WRITE value: sets the key "k", which no argument names. */
static int write_undeclared(Ctx *ctx, String **argv, int argc) {
  if (argc != 2) return reply_ok(ctx, "COUNTED");
  Key *key = open_key(ctx, create_string(ctx, "k", 1), WRITE);
  string_set(key, argv[1]);
  close_key(key);
  replicate(ctx);
  return reply_ok(ctx, "OK");
}

/* STRANGER.TYPES: a map, which is an array in RESP2. */
static int reply_types(Ctx *ctx, String **argv, int argc) {
  (void)argv;
  (void)argc;
  reply_map(ctx, 2);
  reply_ok(ctx, "double");
  reply_double(ctx, 1.5);
  reply_ok(ctx, "bool");
  return reply_bool(ctx, 1);
}

static int timed_out(Ctx *ctx, String **argv, int argc) {
  (void)argv;
  (void)argc;
  return reply_ok(ctx, "TIMEDOUT");
}

/* STRANGER.BLOCK [forever]: blocks the client, though no flag says that it can. */
static int block_client(Ctx *ctx, String **argv, int argc) {
  (void)argv;
  block(ctx, timed_out, timed_out, NULL, argc > 1 ? 0 : 50);
  return 0;
}

int RedisModule_OnLoad(Ctx *ctx, String **argv, int argc) {
  (void)argv;
  (void)argc;
  GetApi api = (GetApi)((void **)ctx)[0];
  api("RedisModule_SetModuleAttribs", (void *)&set_attribs);
  api("RedisModule_CreateCommand", (void *)&create_command);
  api("RedisModule_CreateString", (void *)&create_string);
  api("RedisModule_OpenKey", (void *)&open_key);
  api("RedisModule_StringSet", (void *)&string_set);
  api("RedisModule_CloseKey", (void *)&close_key);
  api("RedisModule_ReplyWithSimpleString", (void *)&reply_ok);
  api("RedisModule_ReplyWithMap", (void *)&reply_map);
  api("RedisModule_ReplyWithDouble", (void *)&reply_double);
  api("RedisModule_ReplyWithBool", (void *)&reply_bool);
  api("RedisModule_ReplicateVerbatim", (void *)&replicate);
  api("RedisModule_BlockClient", (void *)&block);
  set_attribs(ctx, "stranger", 1, 1);
  create_command(ctx, "stranger.write", write_undeclared, "write", 0, 0, 0);
  create_command(ctx, "stranger.types", reply_types, "readonly", 0, 0, 0);
  create_command(ctx, "stranger.block", block_client, "readonly", 0, 0, 0);
  return 0;
}
