package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.List;

/** {@link Shape#PLAIN}. */
record PlainUpstream(RedisServer redis) implements Upstream {
  static PlainUpstream start(RedisProgram program, String... serverArgs) {
    return new PlainUpstream(RedisServer.start(program, serverArgs));
  }

  @Override
  public List<String> settings() {
    return List.of("upstream.uri=redis://127.0.0.1:" + redis.port());
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    return sidecar.connect();
  }

  @Override
  public List<Integer> ports() {
    return List.of(redis.port());
  }

  @Override
  public void close() {
    redis.close();
  }
}
