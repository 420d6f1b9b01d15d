package dev.nearside.proxy;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.scene.Waiting;
import dev.nearside.proxy.server.LoopContext;
import dev.nearside.proxy.tier.local.LocalTier;
import io.netty.channel.EventLoop;
import java.util.Map;

/** What has to be zero when nothing is asked of a sidecar any more, for tests of other packages. */
public final class AtRest {
  private AtRest() {}

  /** Waits until no mechanism has anything under way. */
  public static void await(Proxy proxy) {
    Coherence coherence = proxy.coherence();
    LocalTier local = proxy.local();
    Waiting.until("no fence is up", () -> coherence.fences().up() == 0);
    Waiting.until(
        "nobody waits for a barrier",
        () -> coherence.shards().stream().allMatch(shard -> shard.barrier().waiting() == 0));
    Waiting.until("nothing flies", () -> flights(local) == 0);
    Waiting.until("no read is shared", () -> local.sharing() == 0);
    Waiting.until("no read counts as asked", () -> asking(proxy) == 0);
  }

  private static int flights(LocalTier local) {
    int[] flights = new int[1];
    local.forEach(entry -> flights[0] += entry.flight() == null ? 0 : 1);
    return flights[0];
  }

  /** Asks each event loop, which alone knows. */
  private static int asking(Proxy proxy) throws Exception {
    int asking = 0;
    for (Map.Entry<EventLoop, LoopContext> each : proxy.contexts().entrySet()) {
      asking += each.getKey().submit(() -> each.getValue().quota().asking()).get();
    }
    return asking;
  }
}
