package dev.nearside.proxy;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.scene.Waiting;

/** What has to be zero when nothing is asked of a sidecar any more, for tests of other packages. */
public final class AtRest {
  private AtRest() {}

  /** Waits until no fence is up and nobody waits for a barrier. */
  public static void await(Proxy proxy) {
    Coherence coherence = proxy.coherence();
    Waiting.until("no fence is up", () -> coherence.fences().up() == 0);
    Waiting.until(
        "nobody waits for a barrier",
        () -> coherence.shards().stream().allMatch(shard -> shard.barrier().waiting() == 0));
  }
}
