package dev.nearside.proxy.tier.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Who drains a partition. It keeps the others from doing the same work, no more than that: what
 * makes a batch be taken once is the epoch. Used by one thread, which it blocks.
 *
 * <p>Every method throws {@link IOException} where Redis does not answer, and what it did is not
 * known then.
 */
public final class DrainLease {
  private static final Duration TIME = Duration.ofSeconds(5);
  private static final Duration RENEWAL = Duration.ofMillis(1_500);

  private final SlotCalls calls;
  private final int slot;
  private final byte[] lease;
  private final byte[] home;
  private final byte[] token = new byte[OutboxScripts.TOKEN_BYTES];
  private long renewedNs;
  private boolean isTaken;

  DrainLease(SlotCalls calls, Partition partition) {
    OutboxKeys keys = new OutboxKeys(calls.names(), partition.namespace());
    this.calls = calls;
    this.slot = partition.anchor();
    this.lease = keys.lease(partition);
    this.home = keys.home(partition);
    new SecureRandom().nextBytes(token);
  }

  /** Takes it for some seconds, unless another has it; returns whether it is ours. */
  public boolean take() throws IOException {
    isTaken = isOurs(OutboxScripts.TAKE);
    return isTaken;
  }

  /** Has it for some more seconds, if it was taken; to be called again and again. */
  public void keep() throws IOException, LostLeaseException {
    boolean isDue = isTaken && System.nanoTime() - renewedNs > RENEWAL.toNanos();
    if (isDue && !isOurs(OutboxScripts.KEEP)) {
      isTaken = false;
      throw new LostLeaseException();
    }
  }

  private boolean isOurs(Script script) throws IOException {
    long beforeNs = System.nanoTime();
    Long ours = number(script, token, Outbox.number(TIME.toMillis()));
    renewedNs = beforeNs;
    return ours == 1;
  }

  /** Returns whether it is ours still, and was since it was taken. */
  public boolean isHeld() throws IOException {
    return Arrays.equals(SlotCalls.await(calls.ask(slot, redis -> redis.get(lease))), token);
  }

  /** Lets another have it at once. */
  public void give() throws IOException {
    isTaken = false;
    Long _ = number(OutboxScripts.UNCLAIM, token);
  }

  /**
   * Returns whether the outbox is {@code database}'s, which it is from now on where it was
   * nobody's.
   */
  public boolean belongsTo(String database) throws IOException {
    byte[] name = database.getBytes(UTF_8);
    byte[] known = home();
    if (known == null) {
      var _ =
          SlotCalls.await(calls.ask(slot, redis -> redis.set(home, name, SetArgs.Builder.nx())));
      known = home();
    }
    return Arrays.equals(known, name);
  }

  private byte[] home() throws IOException {
    return SlotCalls.await(calls.ask(slot, redis -> redis.get(home)));
  }

  /** Returns the key that says whose the outbox is. */
  public String homeKey() {
    return new String(home, UTF_8);
  }

  private Long number(Script script, byte[]... arguments) throws IOException {
    return SlotCalls.await(
        calls.run(script, ScriptOutputType.INTEGER, slot, List.of(lease), arguments));
  }
}
