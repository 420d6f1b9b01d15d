package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Touch;
import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.Effect;
import dev.nearside.proxy.command.KeyPositions;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.strings.RefusedWriteException;
import dev.nearside.proxy.strings.StringWrite;
import dev.nearside.proxy.strings.StringWrites;
import dev.nearside.proxy.telemetry.Way;
import dev.nearside.proxy.tier.local.LookupKey;
import dev.nearside.proxy.write.RowWrites;
import dev.nearside.proxy.write.WriteOutcome;
import dev.nearside.proxy.write.WriteOutcome.Made;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The writes of one client whose keys the database takes too: they are made by the sidecar, and the
 * upstream never sees them. Confined to the connection's event loop.
 *
 * <p>One at a time, behind everything that the client has asked before, and before everything that
 * it asks later; but those of a pipeline that are made at Redis in the order in which they come,
 * and depend on nothing there, follow each other without waiting. What the database cannot be told
 * of is refused by name.
 */
final class ThroughWrites {
  private static final Logger log = LoggerFactory.getLogger(ThroughWrites.class);
  private static final byte[] FAULT = Replies.error("ERR a fault of the sidecar, see its log");

  /** Longer strings are not made by APPEND and SETRANGE. */
  private static final int MOST_BYTES = 64 * 1024 * 1024;

  private final ClientConnection client;
  private final Session session;
  private final RowWrites path;
  private final List<Namespace> namespaces = new ArrayList<>();
  private final WritesUnderWay underWay = new WritesUnderWay();
  private final LargeWrites large;
  private boolean elsewhere;

  private ThroughWrites(ClientConnection client, RowWrites path) {
    this.client = client;
    this.session = client.session();
    this.path = path;
    this.large = new LargeWrites(client, path.room());
  }

  /** Returns those of {@code client}, or null where the database takes no writes. */
  static @Nullable ThroughWrites of(ClientConnection client) {
    RowWrites path = client.context().writes();
    return path == null ? null : new ThroughWrites(client, path);
  }

  /**
   * Returns whether {@code request} would write a key that the database takes too. What Redis
   * refuses whatever it writes goes there.
   */
  boolean concern(Command command, Request request) {
    namespaces.clear();
    elsewhere = false;
    boolean mayWrite = mayWrite(command);
    boolean refused =
        session.subscriber && session.protocol == 2 && !client.replies().owesReplies();
    if (!mayWrite || refused) {
      return false;
    }
    if (command.effect() == Effect.FLUSHES) {
      return concernsOutboxes(command);
    }
    if (path.areAny()) {
      KeyPositions.forEachKey(command, request, i -> look(request, i));
    }
    return !namespaces.isEmpty();
  }

  private static boolean mayWrite(Command command) {
    return switch (command.effect()) {
      case WRITES_KEYS, WRITES_OPAQUE, FLUSHES -> true;
      default -> false;
    };
  }

  /** Whether {@code command} could take an outbox away with everything else, whoever's it is. */
  private boolean concernsOutboxes(Command command) {
    if (empties(command) && path.known().any() != null) {
      if (!command.name().equals("FLUSHDB") || database() == client.context().policy().database()) {
        namespaces.addAll(path.outboxes());
      }
      return true;
    }
    return false;
  }

  private static boolean empties(Command command) {
    return switch (command.name()) {
      case "FLUSHALL", "FLUSHDB", "SWAPDB" -> true;
      default -> false;
    };
  }

  private void look(Request request, int arg) {
    LookupKey key =
        client
            .context()
            .key()
            .set(database(), request.buffer(), request.argStart(arg), request.argLength(arg));
    Namespace namespace = client.context().reads().standIns().namespaceOf(key);
    if (namespace != null && namespace.writesDatabase()) {
      namespaces.add(namespace);
    } else {
      elsewhere = true;
    }
  }

  /** Where it is not known which database is selected, the one that namespaces are about. */
  private int database() {
    boolean known = session.transaction == null && session.isDatabaseKnown();
    return known ? session.database : client.context().policy().database();
  }

  /**
   * Returns whether a large request would write such a key, or may: of its arguments only the first
   * are here.
   */
  boolean mayConcern(Command command, Request head) {
    if (concern(command, head)) {
      return true;
    }
    return path.areAny() && mayWrite(command) && !isOneKey(command, head);
  }

  /** Whether {@code command} has one key, and that is here. */
  private static boolean isOneKey(Command command, Request head) {
    return command.effect() == Effect.WRITES_KEYS
        && command.firstKey() > 0
        && command.lastKey() == command.firstKey()
        && head.argCount() > command.firstKey();
  }

  /**
   * Says what becomes of a large request that {@link #mayConcern} this: it is gathered, to be made
   * as any other, or refused.
   *
   * @param args how many arguments it has
   * @param bytes how long it is at least
   */
  LargeWay beginLarge(Command command, Request head, int args, long bytes) {
    if (isEarly()) {
      return LargeWay.NOT_TAKEN;
    }
    String refusal = refusalOfLarge(command);
    if (refusal == null) {
      String name = namespaces.isEmpty() ? null : namespaces.getFirst().name();
      return large.gather(bytes, args, isOneKey(command, head), name);
    }
    if (!session.pipe && session.transaction == null) {
      return large.skip(Replies.error(refusal));
    }
    client.answer(Replies.error(refusal));
    client.closeWhenWritten();
    return LargeWay.NOT_TAKEN;
  }

  private @Nullable String refusalOfLarge(Command command) {
    if (!namespaces.isEmpty()) {
      return refusal(command);
    }
    boolean mayBeMade =
        StringWrites.contains(command.name())
            && !session.pipe
            && !session.databaseUnknown
            && session.transaction == null
            && session.ownIdentity;
    return mayBeMade
        ? null
        : "ERR above 64 KiB this could write keys that are written to the database, unseen";
  }

  /** Returns what has to do with requests that are gathered. */
  LargeWrites large() {
    return large;
  }

  /** Makes such a write, or refuses it; returns whether it was taken. */
  boolean run(Command command, Request request) {
    if (isEarly()) {
      return false;
    }
    String refusal = refusal(command);
    if (refusal != null) {
      return refuse(command, Replies.error(refusal));
    }
    if (empties(command)) {
      return areAnswered() && flush(Invalidate.args(request, 0), command);
    }
    if (!command.acceptsArgCount(request.argCount())) {
      String name = command.name().toLowerCase(Locale.ROOT);
      return client.answer(
          Replies.error("ERR wrong number of arguments for '" + name + "' command"));
    }
    try {
      StringWrite write = StringWrites.of(Invalidate.args(request, 0), MOST_BYTES);
      return write(write, command, request.length());
    } catch (RefusedWriteException refused) {
      return client.answer(Replies.error(String.valueOf(refused.getMessage())));
    }
  }

  /** What is owed may say which database this is, or end a subscription. */
  private boolean isEarly() {
    boolean early = client.replies().owed() > underWay.count() && !session.pipe;
    if (early) {
      client.pauseUntilDrained();
    }
    return early;
  }

  /** Returns whether no write is under way; if one is, the connection is paused until it is not. */
  boolean areAnswered() {
    if (!underWay.isEmpty()) {
      client.pauseUntilDrained();
    }
    return underWay.isEmpty();
  }

  private @Nullable String refusal(Command command) {
    String name = namespaces.isEmpty() ? path.known().any() : namespaces.getFirst().name();
    boolean swapsOwn = command.name().equals("SWAPDB") && !namespaces.isEmpty();
    boolean empties = empties(command) && !swapsOwn;
    if (!empties && !StringWrites.contains(command.name())) {
      return "ERR namespace %s is written to the database, which %s is not understood for"
          .formatted(name, command.name());
    }
    if (elsewhere) {
      return "ERR namespace %s is written to the database, other keys of this %s are not"
          .formatted(name, command.name());
    }
    if (!empties && namespaces.stream().map(Namespace::writesBehind).distinct().count() > 1) {
      return "ERR the namespaces of this %s are written to the database in different ways"
          .formatted(command.name());
    }
    if (session.pipe || session.databaseUnknown) {
      return "ERR namespace %s is written to the database, and what was selected is not known"
          .formatted(name);
    }
    if (session.transaction != null) {
      return "ERR namespace %s is written to the database, which no transaction can include"
          .formatted(name);
    }
    return session.ownIdentity
        ? null
        : "NOPERM only the user of the sidecar itself may write namespace " + name;
  }

  /** In a transaction Redis is made to refuse something, so that EXEC is refused as well. */
  private boolean refuse(Command command, byte[] words) {
    if (session.pipe) {
      client.close("a write to the database cannot be refused in a stream of bytes");
      return true;
    }
    if (session.transaction == null) {
      return client.answer(words);
    }
    client.upstream().own().refuseQueued(command, words);
    return true;
  }

  private boolean flush(List<byte[]> words, Command command) {
    client.context().counters().request(Way.THROUGH, command.label());
    Touch touch = Touch.flush(client.context().coherence());
    touch.forwarded();
    PendingReply reply = client.replies().add(new PendingReply(client.replies()));
    client.pauseUntilDrained();
    path.flush(words, session.database)
        .whenComplete((outcome, bug) -> client.execute(() -> done(touch, reply, outcome, bug)));
    return true;
  }

  private boolean write(StringWrite write, Command command, int length) {
    List<LookupKey> keys = new ArrayList<>();
    for (byte[] key : write.keys()) {
      keys.add(new LookupKey().set(session.database, key));
    }
    boolean isFollowed =
        RowWrites.keepOrder(write, namespaces) && underWay.admits(keys.getFirst(), length);
    if (!isFollowed && !areAnswered()) {
      return false;
    }
    client.context().counters().request(Way.THROUGH, command.label());
    Touch touch = Touch.write(client.context().coherence(), keys);
    touch.forwarded();
    PendingReply reply = client.replies().add(new PendingReply(client.replies()));
    if (isFollowed) {
      underWay.begun(keys.getFirst(), length);
    } else {
      client.pauseUntilDrained();
    }
    CompletableFuture<WriteOutcome> made = path.write(write, List.copyOf(namespaces));
    large.holdUntil(made);
    made.whenComplete((outcome, bug) ->
        client.execute(() -> {
          if (isFollowed) {
            underWay.ended(keys.getFirst(), length);
          }
          done(touch, reply, outcome, bug);
        }));
    return true;
  }

  private void done(
      Touch touch, PendingReply reply, @Nullable WriteOutcome outcome, @Nullable Throwable bug) {
    touch.lost(); // whatever came of it: the fence comes down
    if (bug != null) {
      log.error("a write to the database ended in a fault of ours", bug);
    }
    if (!client.isOpen()) {
      return;
    }
    session.floorNs = System.nanoTime(); // it may have shown what others wrote
    reply.append(bytes(outcome));
    reply.complete();
  }

  private byte[] bytes(@Nullable WriteOutcome outcome) {
    return switch (outcome) {
      case Made made -> made.reply() == null ? session.nullReply() : made.reply();
      case WriteOutcome.Refused refused -> Replies.error(refused.error());
      case null -> FAULT;
    };
  }
}
