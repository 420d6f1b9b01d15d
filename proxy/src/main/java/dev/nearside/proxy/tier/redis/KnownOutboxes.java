package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
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
  /**
   * One of them, as it was seen last.
   *
   * @param database Redis's database that it is in
   * @param depth keys that the database has not taken
   * @param dead writes that it never takes
   * @param silentMs for how long no sidecar has said that it is its own
   */
  record Known(long database, String name, long depth, long dead, long silentMs) {
    boolean isUsed() {
      return depth > 0 || silentMs < QUIET.toMillis();
    }

    /** Whether a flush could lose something. */
    boolean hasSomething() {
      return isUsed() || dead > 0;
    }

    boolean isUnattended() {
      return depth + dead > 0 && silentMs >= QUIET.toMillis();
    }
  }

  /** How often to look. */
  public static final Duration PERIOD = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(KnownOutboxes.class);
  private static final byte[] REGISTRY = "nearside:outboxes".getBytes(UTF_8);
  private static final Duration QUIET = Duration.ofSeconds(30);
  private static final Duration FORGOTTEN = Duration.ofDays(1);

  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;
  private final int database;
  private final List<String> own;
  private volatile List<Known> known = List.of();
  private volatile Set<String> told = Set.of();
  private volatile boolean refused;

  /**
   * Creates it; nothing is known yet.
   *
   * @param database that of {@code connection}
   * @param own the namespaces that this sidecar writes behind
   */
  KnownOutboxes(
      Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection,
      int database,
      List<String> own) {
    this.connection = connection;
    this.database = database;
    this.own = List.copyOf(own);
  }

  /** Says which are its own, and looks which others there are; to be called now and then. */
  public void look() {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Outbox.number(FORGOTTEN.toMillis()));
    arguments.add(Outbox.number(database));
    own.forEach(name -> arguments.add(name.getBytes(UTF_8)));
    var _ =
        this.<List<Object>>run(KnownOutboxScripts.LOOK, ScriptOutputType.MULTI, arguments)
            .whenComplete((said, failure) -> {
              if (failure == null) {
                seen(said);
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

  private void seen(List<Object> said) {
    refused = false;
    List<Known> now = new ArrayList<>();
    for (Object each : said) {
      List<?> fields = (List<?>) each;
      now.add(
          new Known(
              (Long) fields.get(0),
              new String((byte[]) fields.get(1), UTF_8),
              (Long) fields.get(2),
              (Long) fields.get(3),
              (Long) fields.get(4)));
    }
    known = List.copyOf(now);
    tell(now);
  }

  private void tell(List<Known> now) {
    Set<String> before = told;
    Set<String> unattended = new HashSet<>();
    for (Known each : now) {
      String name = each.name + " " + each.database;
      if (each.isUnattended() && unattended.add(name) && !before.contains(name)) {
        log.warn(
            "nobody drains the outbox of namespace {} in Redis's database {}: it has {} keys that"
                + " the database has not taken, and {} put aside, and for {} s there was no sidecar"
                + " that writes this namespace behind",
            each.name,
            each.database,
            each.depth,
            each.dead,
            each.silentMs / 1_000);
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
            .anyMatch(
                each -> each.database == database && each.name.equals(namespace) && each.isUsed());
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
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(Outbox.number(selected));
    arguments.add(Outbox.number(database));
    arguments.add(Outbox.number(own.size()));
    own.forEach(name -> arguments.add(name.getBytes(UTF_8)));
    arguments.add(Outbox.number(affected.size()));
    arguments.addAll(affected);
    arguments.addAll(words);
    return this.<byte[]>run(KnownOutboxScripts.FLUSH, ScriptOutputType.VALUE, arguments)
        .thenApply(name -> name.length == 0 ? null : new String(name, UTF_8));
  }

  private <T> CompletableFuture<T> run(
      Script script, ScriptOutputType type, List<byte[]> arguments) {
    return script.run(connection.get(), type, List.of(REGISTRY), arguments.toArray(byte[][]::new));
  }
}
