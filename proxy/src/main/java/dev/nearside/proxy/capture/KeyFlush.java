package dev.nearside.proxy.capture;

import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.redis.KeyPage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/*
 * SCAN tells every key that is there from its beginning to its end. A key that is filled meanwhile
 * was not: but the lease of its fill was, if it was taken before, so leases go first, in a pass of
 * their own. What is filled until its lease goes is there when the second pass begins.
 */

/** Deletes all keys of namespaces in Redis, a page at a time. Blocks; for one thread. */
final class KeyFlush {
  /** Nothing else is told while the gate is open and keys are looked for in vain. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Captured captured;
  private final Tenure tenure;

  KeyFlush(Captured captured, Tenure tenure) {
    this.captured = captured;
    this.tenure = tenure;
  }

  /** Deletes them, and their leases. */
  void flush(Collection<Namespace> namespaces) throws CaptureEndedException, InterruptedException {
    byte[] prefix = commonPrefix(namespaces);
    pass(namespaces, from -> tenure.link().leased(prefix, from));
    pass(namespaces, from -> tenure.link().keys(prefix, from));
  }

  /** Asks for the page that follows one that has said where. */
  private interface Pages {
    CompletableFuture<KeyPage> next(@Nullable String from);
  }

  private void pass(Collection<Namespace> namespaces, Pages pages)
      throws CaptureEndedException, InterruptedException {
    @Nullable String from = null;
    long startedNs = System.nanoTime();
    do {
      tenure.keep();
      KeyPage page = Tenure.await(pages.next(from));
      boolean tooLong = System.nanoTime() - startedNs > PATIENCE.toNanos();
      if (page.begins() && tooLong && tenure.wasOpened()) {
        throw new CaptureEndedException("slots are on their way, so not all keys can be found");
      }
      List<byte[]> keys = new ArrayList<>();
      for (byte[] key : page.keys()) {
        Namespace found = captured.find(key);
        if (found != null && namespaces.contains(found)) {
          keys.add(key);
        }
      }
      if (!keys.isEmpty()) {
        Tenure.await(tenure.link().forget(keys));
      }
      from = page.next();
    } while (from != null);
  }

  private static byte[] commonPrefix(Collection<Namespace> namespaces) {
    byte @Nullable [] common = null;
    for (Namespace namespace : namespaces) {
      byte[] prefix = namespace.template().prefix();
      int differs = common == null ? -1 : Arrays.mismatch(common, prefix);
      common = common == null ? prefix : differs < 0 ? common : Arrays.copyOf(common, differs);
    }
    return common == null ? new byte[0] : common;
  }
}
