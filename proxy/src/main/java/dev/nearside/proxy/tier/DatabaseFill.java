package dev.nearside.proxy.tier;

import dev.nearside.proxy.guard.Guard;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.tier.Answer.Hit;
import dev.nearside.proxy.tier.database.DatabaseTier;
import dev.nearside.proxy.tier.redis.Leases;
import dev.nearside.proxy.tier.redis.Leases.Lease;
import dev.nearside.proxy.tier.redis.RedisAdministration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * From the database into Redis: reads a row, and SETs its value only while the lease that was taken
 * before the row was read still stands. Thread-safe; never blocks.
 *
 * <p>Without a lease (somebody else holds it, or Redis is away) the value goes to whoever asked and
 * nowhere else.
 */
public final class DatabaseFill {
  /**
   * What a read through the database gave.
   *
   * @param answer what the database said
   * @param stored whether Redis now has the value
   */
  public record Outcome(Answer answer, boolean stored) {}

  private final DatabaseTier database;
  private final Guard guard;
  private final RedisAdministration redis;

  /** Creates the path over a database tier, its breaker and bulkhead, and the upstream. */
  public DatabaseFill(DatabaseTier database, Guard guard, RedisAdministration redis) {
    this.database = database;
    this.guard = guard;
    this.redis = redis;
  }

  /**
   * Reads {@code name} of {@code namespace}; completes on an unspecified thread, never
   * exceptionally.
   *
   * @param redisAnswers whether Redis is there to take the value; false asks it for nothing
   */
  public CompletableFuture<Outcome> fill(Namespace namespace, byte[] name, boolean redisAnswers) {
    Leases leases = redisAnswers ? redis.leases() : null;
    if (leases == null) {
      return read(namespace, name).thenApply(answer -> new Outcome(answer, false));
    }
    return leases
        .acquire(name)
        .exceptionally(failure -> null)
        .thenCompose(lease -> readUnder(lease, leases, namespace, name));
  }

  private CompletableFuture<Outcome> readUnder(
      @Nullable Lease lease, Leases leases, Namespace namespace, byte[] name) {
    return read(namespace, name)
        .thenCompose(answer -> {
          if (lease == null) {
            return CompletableFuture.completedFuture(new Outcome(answer, false));
          }
          if (answer instanceof Hit hit) {
            return leases
                .fill(lease, hit.value(), namespace.l2Ttl())
                .exceptionally(failure -> false)
                .thenApply(stored -> new Outcome(answer, stored));
          }
          return leases.release(lease).handle((nothing, failure) -> new Outcome(answer, false));
        });
  }

  private CompletableFuture<Answer> read(Namespace namespace, byte[] name) {
    return guard.call(() -> database.read(namespace, name));
  }
}
