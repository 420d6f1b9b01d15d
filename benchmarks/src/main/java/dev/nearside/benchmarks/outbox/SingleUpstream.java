package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.servers.EmbeddedRedis;
import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.nio.file.Path;

/** One server. */
final class SingleUpstream implements Upstream {
  private final Path program;
  private final Path directory;
  private volatile EmbeddedRedis redis;

  SingleUpstream(Path program, Path directory) {
    this.program = program;
    this.directory = directory;
    this.redis = EmbeddedRedis.start(program, directory, DURABLE);
  }

  @Override
  public String uri() {
    return "redis://127.0.0.1:" + redis.port();
  }

  @Override
  public String durability() {
    return "fsync";
  }

  @Override
  public int primaries() {
    return 1;
  }

  @Override
  public int primaryOf(String key) {
    return 0;
  }

  @Override
  public void crash(int primary) {
    redis.crash();
  }

  @Override
  public void restart(int primary) {
    redis = EmbeddedRedis.start(program, directory, redis.port(), DURABLE);
  }

  @Override
  public long length(String stream) throws IOException {
    try (RedisConnection direct = RedisConnection.open(redis.port())) {
      return Long.parseLong(direct.call("XLEN", "nearside:outbox:" + stream));
    }
  }

  @Override
  public void close() {
    redis.close();
  }
}
