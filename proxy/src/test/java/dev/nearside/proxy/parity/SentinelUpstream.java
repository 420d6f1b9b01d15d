package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.SentinelTrio;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@link Shape#SENTINEL}: a primary with a replica behind three sentinels. */
record SentinelUpstream(SentinelTrio trio) implements Upstream {
  /** So long may the primary be silent: nobody is to take its place here. */
  private static final int NEVER_DOWN_MS = 600_000;

  static SentinelUpstream start(RedisProgram program, String... serverArgs) throws IOException {
    return new SentinelUpstream(plan(program, serverArgs).start());
  }

  /** Says what is to be started; the arguments are names and values, {@code --name}, in turn. */
  static SentinelTrio.Plan plan(RedisProgram program, String... serverArgs) {
    return SentinelTrio.plan(1).on(program).downAfterMs(NEVER_DOWN_MS).nodeLines(lines(serverArgs));
  }

  /** Returns arguments as lines of a configuration. */
  static String[] lines(String... serverArgs) {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < serverArgs.length; i += 2) {
      lines.add(serverArgs[i].substring("--".length()) + " " + serverArgs[i + 1]);
    }
    return lines.toArray(String[]::new);
  }

  /** Returns what follows the scheme in the URI of these sentinels. */
  static String location(SentinelTrio trio) {
    return String.join(",", trio.addresses()) + "#" + SentinelTrio.NAME;
  }

  /** Returns where the data is written. */
  static List<Integer> ports(SentinelTrio trio) {
    return List.of(trio.nodes().getFirst().port());
  }

  @Override
  public List<String> settings() {
    return List.of("upstream.uri=redis-sentinel://" + location(trio));
  }

  @Override
  public RespClient connect(Sidecar sidecar) throws IOException {
    return sidecar.connect();
  }

  @Override
  public List<Integer> ports() {
    return ports(trio);
  }

  @Override
  public void close() {
    trio.close();
  }
}
