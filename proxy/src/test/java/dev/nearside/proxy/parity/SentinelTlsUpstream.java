package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SentinelTrio;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.List;

/** {@link Shape#SENTINEL_TLS}. */
record SentinelTlsUpstream(TlsLinks links, SentinelTrio trio) implements Upstream {
  static SentinelTlsUpstream start(RedisProgram program, String... serverArgs) throws Exception {
    TlsLinks links = TlsLinks.create();
    return new SentinelTlsUpstream(
        links,
        SentinelUpstream.plan(program, serverArgs)
            .tls(links.authority().issue("redis"), links.authority())
            .start());
  }

  @Override
  public List<String> settings() {
    return links.settings("rediss-sentinel://" + SentinelUpstream.location(trio));
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    return links.connect(sidecar);
  }

  @Override
  public List<Integer> ports() {
    return SentinelUpstream.ports(trio);
  }

  @Override
  public void close() throws IOException {
    trio.close();
    links.close();
  }
}
