package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import dev.nearside.proxy.scene.TlsRedis;
import java.io.IOException;
import java.util.List;

/** {@link Shape#TLS}. */
record TlsUpstream(TlsLinks links, TlsRedis redis) implements Upstream {
  static TlsUpstream start(RedisProgram program, String... serverArgs) throws Exception {
    TlsLinks links = TlsLinks.create();
    return new TlsUpstream(
        links, TlsRedis.start(program, links.authority().issue("redis"), serverArgs));
  }

  @Override
  public List<String> settings() {
    return links.settings("rediss://127.0.0.1:" + redis.tlsPort());
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    return links.connect(sidecar);
  }

  @Override
  public List<Integer> ports() {
    return List.of(redis.port());
  }

  @Override
  public void close() throws IOException {
    redis.close();
    links.close();
  }
}
