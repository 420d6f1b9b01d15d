package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.strings.KeyState;
import dev.nearside.proxy.tier.redis.Outbox.Pending;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one sidecar takes out of a namespace's outbox, as {@link Outbox} says why. Used by one
 * thread, which it blocks.
 *
 * <p>Every method throws {@link IOException} where Redis does not answer, and what it did is not
 * known then.
 */
public final class OutboxFeed {
  private static final Duration LEASE = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final int MOST_BYTES = 4 << 20;

  /**
   * A state on its way to the database.
   *
   * @param entry its entry in the stream
   * @param token which write it is of
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Item(byte[] entry, byte[] key, byte[] token, KeyState state) {}

  /**
   * A batch.
   *
   * @param name told from all others by it
   * @param items each of another key; none where nothing is pending
   * @param strange one that nobody can read, which is to be put aside first, or null
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  public record Batch(byte[] name, List<Item> items, @Nullable Item strange) {}

  /**
   * How much waits.
   *
   * @param depth keys that the database has not taken
   * @param dead keys that it never takes
   * @param ageMs for how long the first of those that wait has
   */
  public record Backlog(long depth, long dead, long ageMs) {
    /** Nothing. */
    public static final Backlog NONE = new Backlog(0, 0, 0);
  }

  /** What became of what was to be put aside. */
  public enum Burial {
    BURIED,
    /** It is not what its key is to hold any more. */
    WRITTEN_SINCE,
    /** There are as many as may be. */
    FULL
  }

  /** Somebody else drains by now. */
  public static final class LostLeaseException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Creates one. */
    public LostLeaseException() {
      super("another drains by now");
    }
  }

  private final Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection;
  private final SecureRandom random = new SecureRandom();
  private final byte[] token = new byte[OutboxScripts.TOKEN_BYTES];
  private final byte[] stream;
  private final byte[] lease;
  private final byte[] batch;
  private final byte[] dead;
  private final byte[] home;

  OutboxFeed(
      Supplier<@Nullable StatefulRedisConnection<byte[], byte[]>> connection, String namespace) {
    this.connection = connection;
    this.stream = OutboxKeys.stream(namespace);
    this.lease = OutboxKeys.lease(namespace);
    this.batch = OutboxKeys.batch(namespace);
    this.dead = OutboxKeys.dead(namespace);
    this.home = OutboxKeys.home(namespace);
    random.nextBytes(token);
  }

  /** Takes the drain for some seconds, or keeps it; returns whether it is ours. */
  public boolean take() throws IOException {
    Long ours = number(OutboxScripts.TAKE, List.of(lease), token, Outbox.number(LEASE.toMillis()));
    return ours == 1;
  }

  /** Returns whether it is ours still, and was since it was taken. */
  public boolean isHeld() throws IOException {
    return Arrays.equals(await(open().async().get(lease)), token);
  }

  /** Lets another have the drain at once. */
  public void give() throws IOException {
    Long _ = number(OutboxScripts.UNCLAIM, List.of(lease), token);
  }

  /**
   * Returns whether the outbox is {@code database}'s, which it is from now on where it was
   * nobody's.
   */
  public boolean belongsTo(String database) throws IOException {
    byte[] name = database.getBytes(UTF_8);
    StatefulRedisConnection<byte[], byte[]> open = open();
    byte[] known = await(open.async().get(home));
    if (known == null) {
      var _ = await(open.async().set(home, name, SetArgs.Builder.nx()));
      known = await(open.async().get(home));
    }
    return Arrays.equals(known, name);
  }

  /** Returns the name of the batch that was sealed last and not seen to be drained, or null. */
  public byte @Nullable [] sealed() throws IOException {
    byte[] head = await(open().async().getrange(batch, 0, OutboxScripts.BATCH_BYTES - 1));
    return head == null || head.length == 0 ? null : head;
  }

  /** Returns the newest states of the keys that have waited for longest, {@code most} of them. */
  public Batch seal(int most) throws IOException, LostLeaseException {
    byte[] name = new byte[OutboxScripts.BATCH_BYTES];
    random.nextBytes(name);
    List<Object> said =
        list(
            OutboxScripts.SEAL,
            List.of(stream, lease, batch, dead),
            token,
            Outbox.number(LEASE.toMillis()),
            name,
            Outbox.number(most),
            Outbox.number(MOST_BYTES),
            Outbox.PENDING);
    check((Long) said.getFirst());
    List<Item> items = new ArrayList<>();
    for (int i = 1; i + 2 < said.size(); i += 3) {
      byte[] entry = (byte[]) said.get(i);
      byte[] key = (byte[]) said.get(i + 1);
      byte[] written = (byte[]) said.get(i + 2);
      Pending pending = Pending.read(written);
      if (pending == null) {
        byte[] start = Arrays.copyOf(written, Math.min(written.length, token.length));
        return new Batch(name, items, new Item(entry, key, start, KeyState.absent()));
      }
      items.add(new Item(entry, key, pending.token(), pending.state()));
    }
    return new Batch(name, items, null);
  }

  /** The database has taken the batch called {@code name}. */
  public void drained(byte[] name) throws IOException, LostLeaseException {
    Long said =
        number(OutboxScripts.DRAINED, List.of(stream, lease, batch), token, name, Outbox.PENDING);
    check(said);
  }

  /**
   * The database never takes {@code item}: it is put aside, unless its key was written since.
   *
   * @param most how many may be put aside
   */
  public Burial bury(Item item, String why, int most) throws IOException, LostLeaseException {
    Long said =
        number(
            OutboxScripts.BURY,
            List.of(
                stream,
                lease,
                dead,
                item.key(),
                SideNames.PLAIN.lease(item.key()),
                SideNames.PLAIN.pending(item.key())),
            token,
            item.entry(),
            item.token(),
            why.getBytes(UTF_8),
            Outbox.number(most));
    check(said);
    return switch (said.intValue()) {
      case OutboxScripts.DEAD_FULL -> Burial.FULL;
      case 0 -> Burial.WRITTEN_SINCE;
      default -> Burial.BURIED;
    };
  }

  /** Returns how much waits; asked by anybody. */
  public Backlog backlog() throws IOException {
    List<Object> said = list(OutboxScripts.OBSERVE, List.of(stream, dead));
    long ageMs = said.get(3) instanceof byte[] first ? (Long) said.get(0) - millis(first) : 0;
    return new Backlog((Long) said.get(1), (Long) said.get(2), Math.max(0, ageMs));
  }

  private static long millis(byte[] entry) {
    String id = new String(entry, UTF_8);
    return Long.parseLong(id.substring(0, id.indexOf('-')));
  }

  private static void check(long said) throws LostLeaseException {
    if (said == OutboxScripts.LOST || said == OutboxScripts.ELSEWHERE) {
      throw new LostLeaseException();
    }
  }

  private StatefulRedisConnection<byte[], byte[]> open() throws IOException {
    StatefulRedisConnection<byte[], byte[]> current = connection.get();
    if (current == null || !current.isOpen()) {
      throw new IOException("Redis is not connected");
    }
    return current;
  }

  private Long number(Script script, List<byte[]> keys, byte[]... arguments) throws IOException {
    return await(script.run(open(), ScriptOutputType.INTEGER, keys, arguments));
  }

  private List<Object> list(Script script, List<byte[]> keys, byte[]... arguments)
      throws IOException {
    return await(script.run(open(), ScriptOutputType.MULTI, keys, arguments));
  }

  private static <T> T await(Future<T> answer) throws IOException {
    try {
      return answer.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(String.valueOf(Leases.unwrap(cause).getMessage()), e);
    } catch (TimeoutException e) {
      throw new IOException("Redis does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
