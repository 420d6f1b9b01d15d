package dev.nearside.proxy.write;

import dev.nearside.proxy.config.NearsideConfig.Durability;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.redis.DurabilityCheck;
import dev.nearside.proxy.tier.redis.DurabilityCheck.Found;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets no write be acknowledged by a Redis that may lose it, unless the namespace says that it may.
 * Asks after each connect, and again every few seconds, since settings change while a server runs.
 * Thread-safe.
 */
public final class DurabilityGate {
  private static final Logger log = LoggerFactory.getLogger(DurabilityGate.class);
  private static final Duration LIMIT = Duration.ofSeconds(3);
  private static final long PAUSE_MS = 20;

  private final DurabilityCheck check;
  private final AtomicReference<@Nullable Found> found = new AtomicReference<>();

  /** Creates one that has not asked yet. */
  public DurabilityGate(DurabilityCheck check) {
    this.check = check;
  }

  /** Asks; to be called now and then, and never blocks. */
  public void look() {
    var _ =
        check
            .ask()
            .whenComplete((now, failure) -> {
              if (failure == null) {
                tell(found.getAndSet(now), now);
              }
            });
  }

  private static void tell(@Nullable Found before, Found now) {
    String obstacle = now.obstacle();
    String said = before == null ? null : before.obstacle();
    if (obstacle != null && !obstacle.equals(said)) {
      log.warn("Redis may lose what it has acknowledged: {}", obstacle);
    }
  }

  /** Returns why none of {@code namespaces} is written, or null where each is. */
  @Nullable String obstacle(List<Namespace> namespaces) {
    if (namespaces.stream().noneMatch(each -> each.durability() == Durability.FSYNC)) {
      return null;
    }
    Found last = found.get();
    Object current = check.current();
    if (current == null) {
      return "Redis is not connected";
    }
    if (last == null || !last.of().equals(current)) {
      look();
      return "it is not known yet whether Redis keeps what it acknowledges";
    }
    return last.obstacle();
  }

  /**
   * Waits until Redis has said whether it keeps what it acknowledges, for three seconds at most;
   * returns what stands against it, or null where nothing does or Redis is away. Blocks.
   */
  public @Nullable String await() {
    long deadlineNs = System.nanoTime() + LIMIT.toNanos();
    while (deadlineNs - System.nanoTime() > 0) {
      try {
        Found now = check.ask().get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        tell(found.getAndSet(now), now);
        return now.obstacle();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
        CompletableFuture<Void> later = new CompletableFuture<>();
        later.completeOnTimeout(null, PAUSE_MS, TimeUnit.MILLISECONDS).join();
      }
    }
    return null;
  }
}
