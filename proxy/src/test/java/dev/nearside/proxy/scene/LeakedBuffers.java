package dev.nearside.proxy.scene;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails the test class in which a leaked buffer is found: Netty itself only logs it. The leak may
 * be an earlier class's; the report says where the buffer was touched. Every test class has it, by
 * {@code META-INF/services}.
 */
public final class LeakedBuffers implements BeforeAllCallback, AfterAllCallback {
  /**
   * Where Lettuce makes the buffer of a connection, which it now and then does not release when it
   * is shut down while it reconnects. Hundreds of reconnects and failed ones leak none.
   */
  private static final String LETTUCE_CLOSED_WITHIN_RECONNECT =
      "io.lettuce.core.protocol.CommandHandler.channelRegistered";

  private static final Queue<String> reports = new ConcurrentLinkedQueue<>();

  static {
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(new Recording());
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    // the factory is in place before the class makes its first buffer
  }

  @Override
  public void afterAll(ExtensionContext context) throws InterruptedException {
    if (context.getRequiredTestClass().getEnclosingClass() != null) {
      return;
    }
    collect();
    collect(); // the first may return before the last reference it cleared is in its queue
    ByteBufAllocator.DEFAULT.buffer(1).release(); // a detector looks at what was collected by this
    List<String> found = new ArrayList<>();
    for (String next = reports.poll(); next != null; next = reports.poll()) {
      found.add(next);
    }
    if (!found.isEmpty()) {
      throw new AssertionError("buffers were not released:\n" + String.join("\n", found));
    }
  }

  /** Collects garbage, and waits until references to it have reached their queues. */
  private static void collect() throws InterruptedException {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    Reference<Object> last = new WeakReference<>(new Object(), queue);
    try {
      System.gc();
      queue.remove(1_000);
    } finally {
      Reference.reachabilityFence(last);
    }
  }

  private static final class Recording extends ResourceLeakDetectorFactory {
    @Override
    @SuppressWarnings("deprecation") // it is the one way in
    public <T> ResourceLeakDetector<T> newResourceLeakDetector(
        Class<T> resource, int interval, long maxActive) {
      return new ResourceLeakDetector<>(resource, interval) {
        @Override
        protected void reportTracedLeak(String type, String records) {
          super.reportTracedLeak(type, records);
          if (!records.contains(LETTUCE_CLOSED_WITHIN_RECONNECT)) {
            reports.add(type + records);
          }
        }

        @Override
        protected void reportUntracedLeak(String type) {
          super.reportUntracedLeak(type);
          reports.add(type);
        }
      };
    }
  }
}
