package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.tier.redis.OutboxRegistry.Known;
import io.lettuce.core.RedisCommandExecutionException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which outboxes there are at this Redis, in all its databases, whoever writes them: each sidecar
 * says again and again which are its own. So one that writes nothing behind, or is of another
 * database, knows what it must not pass by or flush; and an outbox that nobody drains is told.
 * Thread-safe, never blocks.
 */
public final class KnownOutboxes {
  /** How often to look. */
  public static final Duration PERIOD = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(KnownOutboxes.class);

  private final OutboxRegistry registry;
  private final List<String> own;
  private volatile List<Known> known = List.of();
  private volatile Set<String> told = Set.of();
  private volatile boolean refused;

  /**
   * Creates it; nothing is known yet.
   *
   * @param own the namespaces that this sidecar writes behind
   */
  KnownOutboxes(OutboxRegistry registry, List<String> own) {
    this.registry = registry;
    this.own = List.copyOf(own);
  }

  /** Says which are its own, and looks which others there are; to be called now and then. */
  public void look() {
    var _ =
        registry
            .look(own)
            .whenComplete((now, failure) -> {
              if (failure == null) {
                seen(now);
              } else {
                unseen(Leases.unwrap(failure));
              }
            });
  }

  private void unseen(Throwable failure) {
    if (failure instanceof RedisCommandExecutionException && !refused) {
      refused = true;
      log.warn(
          "which outboxes other sidecars have is not known, and nothing is done about them: {}",
          failure.getMessage());
    }
  }

  private void seen(List<Known> now) {
    refused = false;
    known = List.copyOf(now);
    tell(now);
  }

  private void tell(List<Known> now) {
    Set<String> before = told;
    Set<String> unattended = new HashSet<>();
    for (Known each : now) {
      String name = each.name() + " " + each.database();
      if (each.isUnattended() && unattended.add(name) && !before.contains(name)) {
        log.warn(
            "nobody drains the outbox of namespace {} in Redis's database {}: it has {} keys that"
                + " the database has not taken, and {} put aside, and for {} s there was no sidecar"
                + " that writes this namespace behind",
            each.name(),
            each.database(),
            each.depth(),
            each.dead(),
            each.silentMs() / 1_000);
      }
    }
    told = unattended;
  }

  /** Returns how many have something that nobody drains. */
  public long unattended() {
    return known.stream().filter(Known::isUnattended).count();
  }

  /**
   * Returns the name of a namespace of whomever that is written behind, or was and has not been
   * drained, in whichever database; null where none is known.
   */
  public @Nullable String any() {
    return own.isEmpty()
        ? known.stream().filter(Known::hasSomething).map(Known::name).findFirst().orElse(null)
        : own.getFirst();
  }

  /** Returns whether {@code namespace} is known to be written behind, by whomever. */
  public boolean isWrittenBehind(String namespace) {
    return own.contains(namespace)
        || known.stream()
            .anyMatch(each ->
                each.database() == registry.database()
                    && each.name().equals(namespace)
                    && each.isUsed());
  }

  /**
   * Executes {@code words}, a flush or a swap, unless an outbox that it would take away has
   * something, or something is put aside there.
   *
   * @param selected the database it is said in
   * @param affected the databases it is about, or none for all
   * @return whose outbox has something, and nothing was done; or null
   */
  public CompletableFuture<@Nullable String> flush(
      List<byte[]> words, int selected, List<byte[]> affected) {
    return registry.flush(words, selected, affected, own);
  }
}
