package dev.nearside.proxy.scene;

import java.io.IOException;

/**
 * What a sidecar holds on to.
 *
 * @param heapBytes live objects, after a collection
 * @param directBytes memory of its sockets' buffers
 */
public record MemoryUse(long heapBytes, long directBytes) {

  /** Has {@code sidecar} collect its garbage, and measures. */
  public static MemoryUse of(SidecarProcess sidecar) throws IOException, InterruptedException {
    sidecar.collectGarbage();
    return new MemoryUse(
        (long) sidecar.metric("jvm_memory_bytes_used{area=\"heap\",}"),
        (long) sidecar.metric("jvm_buffer_pool_used_bytes{pool=\"direct\",}"));
  }

  /** Fails if heap or direct memory has grown by more than {@code maxBytes} from here to there. */
  public void assertGrownByAtMost(long maxBytes, MemoryUse after) {
    if (heapBytes == 0 || directBytes == 0 || after.heapBytes == 0 || after.directBytes == 0) {
      throw new AssertionError("not measured: " + this + ", " + after);
    }
    if (after.heapBytes - heapBytes > maxBytes || after.directBytes - directBytes > maxBytes) {
      throw new AssertionError(
          "grown from %s to %s, by more than %d".formatted(this, after, maxBytes));
    }
  }
}
