package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.ConnectionEffect;
import dev.nearside.proxy.command.Effect;
import dev.nearside.proxy.command.KeyPositions;
import dev.nearside.proxy.command.Way;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.tier.ReadPath;
import dev.nearside.proxy.tier.local.LookupKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the commands of one connection do to L1, transactions included: what MULTI queues is touched
 * by EXEC. Confined to the connection's event loop.
 */
final class Touches {
  private static final int MAX_KEYS = 64 * 1024;

  private final Session session;
  private final Coherence coherence;

  Touches(Session session, Coherence coherence) {
    this.session = session;
    this.coherence = coherence;
  }

  /** Returns the touch of {@code request}, or null when it touches nothing now. */
  @Nullable Touch of(Command command, Request request) {
    Session.Transaction transaction = session.transaction;
    if (transaction == null) {
      return touch(command, keys(command, request, request.argCount()));
    }
    return switch (command.connectionEffect()) {
      case MULTI_EXEC -> touch(transaction);
      case MULTI_DISCARD, RESET, QUIT -> null;
      default -> queued(transaction, command, keys(command, request, request.argCount()));
    };
  }

  private @Nullable Touch queued(Session.Transaction transaction, Command command, Keys keys) {
    boolean unknown = command.equals(Command.unknown());
    queue(transaction, unknown ? Effect.FLUSHES : command.effect(), keys);
    transaction.untold |= isUntold(command.connectionEffect());
    return touchOfQueued(command, keys);
  }

  /** As {@link #of}, for a request of which only the first arguments are here. */
  @Nullable Touch ofLarge(Command command, Request head, int announcedArgs) {
    Keys keys = keys(command, head, announcedArgs);
    Session.Transaction transaction = session.transaction;
    if (transaction == null) {
      return touch(command, keys);
    }
    return queued(transaction, command, keys);
  }

  /**
   * Returns the keys that {@code request} will write when it is forwarded; for EXEC, all queued.
   */
  List<LookupKey> writtenBy(Command command, Request request, int argCount) {
    Session.Transaction transaction = session.transaction;
    boolean executes = command.connectionEffect() == ConnectionEffect.MULTI_EXEC;
    if (transaction != null && (executes || !session.pipe)) {
      return executes ? transaction.keys : List.of();
    }
    return switch (command.effect()) {
      case WRITES_KEYS, WRITES_OPAQUE -> keys(command, request, argCount).named;
      case NONE, READS, FLUSHES -> List.of();
    };
  }

  /** Notes what a command does to the state of the connection; called after {@link #of}. */
  void note(Command command, int argCount) {
    boolean queued = session.transaction != null;
    boolean aborts = queued && command.connectionEffect() == ConnectionEffect.MULTI_EXEC;
    if (!command.acceptsArgCount(argCount) && !aborts) {
      return; // of what Redis refuses, only EXEC changes something: it ends the transaction
    }
    switch (command.connectionEffect()) {
      case MULTI_BEGIN -> {
        boolean refused = session.subscriber && session.protocol == 2 && !session.pipe;
        if (!queued && !refused) {
          session.transaction = new Session.Transaction();
        }
      }
      case MULTI_EXEC, MULTI_DISCARD -> {
        session.transaction = null;
        session.watching &= !queued; // refused without MULTI: what is watched still is
      }
      case RESET -> session.transaction = null;
      case WATCH -> session.watching = true;
      case UNWATCH -> session.watching &= queued;
      case TRACKING -> session.tracking = true;
      case NO_TOUCH -> session.untouching = true;
      case SUBSCRIBE -> session.subscriber = true;
      case KEEPS -> session.kept = true;
      default -> {}
    }
  }

  /** What has several replies, or changes how replies are written, when it is executed by EXEC. */
  private static boolean isUntold(ConnectionEffect queued) {
    return switch (queued) {
      case SUBSCRIBE, UNSUBSCRIBE, HELLO, REPLY_MODE, MONITOR, REPLICATION -> true;
      default -> false;
    };
  }

  /** Returns whether replies can no longer be told apart from here on. */
  boolean endsReplies(Command command, Request request) {
    return switch (command.connectionEffect()) {
      case MONITOR, REPLICATION -> true;
      case REPLY_MODE -> session.transaction == null && !request.argIs(2, "ON");
      case MULTI_EXEC -> session.transaction != null && session.transaction.untold;
      default -> false;
    };
  }

  /**
   * Returns whether only the replies awaited tell what becomes of a command: a subscriber of RESP2
   * may not say MULTI, but an UNSUBSCRIBE or HELLO that is under way may end that; and which
   * namespace a key that is read belongs to is the matter of a SELECT that is.
   */
  boolean dependsOnReplies(Command command) {
    return switch (command.way()) {
      case LOCAL_GET, LOCAL_MGET -> session.unsettled > 0 && session.readsLocally();
      default -> session.subscriber && command.connectionEffect() == ConnectionEffect.MULTI_BEGIN;
    };
  }

  /** Empties L1, of what is under way too. */
  void flush() {
    Touch flush = Touch.flush(coherence);
    flush.forwarded();
    flush.lost();
  }

  /**
   * Returns those of {@code keys} whose leases a write of them has to delete. Where it is not known
   * in which database they are written, it may be the one whose keys have leases.
   *
   * @param leased the number of that database
   */
  List<LookupKey> leasedOf(List<LookupKey> keys, ReadPath reads, int leased) {
    int written = session.isDatabaseKnown() ? session.database : leased;
    return keys.stream()
        .filter(key -> reads.standIns().readThroughOf(key.in(written)) != null)
        .toList();
  }

  /** The keys of a request: copies, and whether there can be others. */
  private record Keys(List<LookupKey> named, boolean complete) {}

  private Keys keys(Command command, Request request, int argCount) {
    if (command.effect() == Effect.NONE) {
      return new Keys(List.of(), true);
    }
    List<LookupKey> named = new ArrayList<>(1);
    boolean complete = KeyPositions.forEachKey(command, request, i -> named.add(key(request, i)));
    boolean whole = argCount == request.argCount();
    boolean onlyKey = command.lastKey() == command.firstKey() && !named.isEmpty();
    return named.size() > MAX_KEYS
        ? new Keys(List.of(), false)
        : new Keys(named, complete && (whole || onlyKey));
  }

  /** Returns a copy of the key that is argument {@code arg}. */
  LookupKey key(Request request, int arg) {
    return LookupKey.of(
        session.database, request.buffer(), request.argStart(arg), request.argLength(arg));
  }

  private @Nullable Touch touch(Command command, Keys keys) {
    if (command.equals(Command.unknown())) { // SWAPDB by another name, which no push tells of?
      return Touch.unknown(coherence);
    }
    return switch (command.effect()) {
      case NONE -> null;
      case FLUSHES -> Touch.flush(coherence);
      case READS ->
          keys.complete ? touchOfRead(command, keys) : Touch.opaqueRead(coherence, keys.named);
      case WRITES_KEYS ->
          keys.complete ? Touch.write(coherence, keys.named) : Touch.flush(coherence);
      case WRITES_OPAQUE -> Touch.opaqueWrite(coherence, keys.named);
    };
  }

  private @Nullable Touch touchOfRead(Command command, Keys keys) {
    if (keys.named.isEmpty()) {
      return null;
    }
    return command.way() == Way.LOCAL_GET && session.isDatabaseKnown()
        ? Touch.get(coherence, keys.named.getFirst())
        : Touch.read(coherence, keys.named);
  }

  /**
   * Fences a queued write by itself: had MULTI been refused, it would be executed at once. In a
   * pipe nobody knows, and so both is prepared for.
   */
  private @Nullable Touch touchOfQueued(Command command, Keys keys) {
    if (session.pipe) {
      return touch(command, keys);
    }
    return switch (command.effect()) {
      case NONE, READS, FLUSHES -> null;
      case WRITES_KEYS, WRITES_OPAQUE ->
          keys.named.isEmpty() ? null : Touch.write(coherence, List.copyOf(keys.named));
    };
  }

  private Touch touch(Session.Transaction transaction) {
    return transaction.flushes
        ? Touch.flush(coherence)
        : transaction.opaque
            ? Touch.opaqueWrite(coherence, transaction.keys)
            : Touch.write(coherence, transaction.keys);
  }

  private static void queue(Session.Transaction transaction, Effect effect, Keys keys) {
    if (!transaction.flushes) {
      transaction.keys.addAll(keys.named);
    }
    switch (effect) {
      case NONE, READS -> {}
      case WRITES_OPAQUE -> transaction.opaque = true;
      case FLUSHES -> transaction.flushes = true;
      case WRITES_KEYS -> transaction.flushes |= !keys.complete;
    }
    transaction.flushes |= transaction.keys.size() > MAX_KEYS;
  }
}
