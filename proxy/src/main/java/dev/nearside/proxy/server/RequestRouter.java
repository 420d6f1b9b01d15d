package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.command.Way;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides the one way each request takes: local, fill, relay or pinned. Confined to its
 * connection's event loop. Every method returns whether the request was taken; if not, the
 * connection was paused and the same request comes again.
 */
final class RequestRouter {
  private static final byte[] NO_AUTH = Replies.error("NOAUTH Authentication required.");

  private static final byte[] TOO_LONG =
      Replies.error("ERR a command of the sidecar itself is at most 64 KiB long");

  private final ClientConnection client;
  private final Session session;
  private final Upstream upstream;
  private final LoopContext context;
  private final LocalReads reads;
  private final Greetings greetings;
  private final OwnCommands own;
  private final QueryRequest queries;
  private final SentinelAnswers sentinel;
  private final ClusterAnswers cluster;
  private final boolean inFrontOfCluster;
  private final @Nullable ThroughWrites writes;

  RequestRouter(ClientConnection client) {
    this.client = client;
    this.session = client.session();
    this.upstream = client.upstream();
    this.context = client.context();
    this.reads = new LocalReads(client);
    this.greetings = new Greetings(client, this);
    this.own = new OwnCommands(client);
    this.queries = new QueryRequest(client);
    this.sentinel = new SentinelAnswers(client);
    this.cluster = new ClusterAnswers(client);
    this.inFrontOfCluster = context.lanes().topology().isCluster();
    this.writes = ThroughWrites.of(client);
  }

  /** Sends a whole request its way. */
  boolean route(Request request) {
    Command command = context.commands().get().find(request);
    return session.authenticated ? send(command, request) : ofStranger(command, request);
  }

  private boolean ofStranger(Command command, Request request) {
    if (Strangers.isAttack(command, request)) {
      client.closeWhenWritten();
      return true;
    }
    byte[] refusal = Strangers.refusal(command, request);
    return refusal == null ? send(command, request) : client.answer(refusal);
  }

  private boolean send(Command command, Request request) {
    if (inFrontOfCluster && session.transaction == null) {
      byte[] answer = cluster.answer(command, request);
      if (answer != null) {
        return client.answer(answer);
      }
    }
    if (writes != null && writes.concern(command, request)) {
      return writes.run(command, request);
    }
    if (writes != null && !writes.areAnswered()) {
      return false;
    }
    return switch (command.way()) {
      case LOCAL_GET -> finish(reads.get(request), command, request);
      case LOCAL_MGET -> finish(reads.mget(request), command, request);
      case LANE, BULK_LANE -> relay(command, request);
      case PINNED -> answerSentinel(command, request) || relayPinned(command, request);
      case PIPE -> drained() && relayPinned(command, request);
      case GREETING ->
          upstream.isPinned() ? relay(command, request) : greetings.greet(command, request);
      case QUIT -> quit(command, request);
      case RESET -> greetings.reset(command, request);
      case OWN -> request.argIs(0, "NEARSIDE.QUERY") ? query(request) : own.run(request);
    };
  }

  private boolean query(Request request) {
    if (session.unsettled > 0 && !drained()) {
      return false;
    }
    Request get;
    try {
      get = queries.get(request);
    } catch (IllegalArgumentException e) { // the client's mistake, and said so
      client.answeredLocally(CommandLabel.OTHER);
      return client.answer(Replies.error(String.valueOf(e.getMessage())));
    }
    return send(context.commands().get().find(get), get);
  }

  /** No Redis server lists SENTINEL, so that it comes as an unknown command. */
  private boolean answerSentinel(Command command, Request request) {
    byte[] answer =
        command == Command.unknown() && !upstream.isPinned() ? sentinel.answer(request) : null;
    return answer != null && client.answer(answer);
  }

  /**
   * Begins a large request.
   *
   * @param head shows the arguments that are here
   * @param announcedArgs how many there will be
   * @param announcedBytes how long it is at least
   */
  LargeWay routeLarge(Request head, int announcedArgs, long announcedBytes) {
    if (!session.authenticated) {
      return refuseLarge(NO_AUTH);
    }
    Command command =
        head.argCount() == 0 ? Command.unknown() : context.commands().get().find(head);
    if (writes != null && writes.mayConcern(command, head)) {
      return writes.beginLarge(command, head, announcedArgs, announcedBytes);
    }
    if (writes != null) {
      writes.large().end();
    }
    return stream(command, head, announcedArgs);
  }

  /** Its bytes follow by {@link OwnRelay#stream}. */
  private LargeWay stream(Command command, Request head, int announcedArgs) {
    if (writes != null && !writes.areAnswered()) {
      return LargeWay.NOT_TAKEN;
    }
    if (command.way() == Way.OWN) {
      return refuseLarge(TOO_LONG);
    }
    byte[] refusal = upstream.own().refusalOfLarge(command, head);
    if (refusal != null) {
      return refuseLarge(refusal);
    }
    if (!reads.allows(command, head) || !upstream.own().isReadyForLarge(command, head)) {
      if (answerPinFailure()) {
        client.closeWhenWritten();
      }
      return LargeWay.NOT_TAKEN;
    }
    if (!upstream.areLeasesBroken(command, head, announcedArgs)) {
      return LargeWay.NOT_TAKEN;
    }
    upstream.own().relayLarge(command, head, announcedArgs);
    return LargeWay.STREAMED;
  }

  private LargeWay refuseLarge(byte[] refusal) {
    client.answer(refusal);
    client.closeWhenWritten();
    return LargeWay.NOT_TAKEN;
  }

  /**
   * Sends a large request its way that was gathered: where others go to that are no writes of its.
   */
  boolean routeGathered(Request request) {
    Command command = context.commands().get().find(request);
    ThroughWrites its = Objects.requireNonNull(writes);
    boolean taken =
        its.concern(command, request) ? route(request) : streamGathered(command, request);
    if (taken) {
      its.large().end();
    }
    return taken;
  }

  private boolean streamGathered(Command command, Request request) {
    if (stream(command, request, request.argCount()) == LargeWay.NOT_TAKEN) {
      return false;
    }
    OwnRelay own = upstream.own();
    if (!own.stream(request.buffer(), request.start(), request.length(), true)) {
      client.pause();
    }
    return true;
  }

  /** Returns how long the large request may be that is gathered. */
  int mostGathered() {
    return Objects.requireNonNull(writes).large().mostBytes();
  }

  /** All of a large request has come that was to be skipped. */
  void skipped() {
    Objects.requireNonNull(writes).large().skipped();
  }

  /** The client is gone. */
  void close() {
    if (writes != null) {
      writes.large().end();
    }
  }

  private boolean finish(LocalReads.Taken taken, Command command, Request request) {
    return switch (taken) {
      case ANSWERED -> true;
      case PAUSED -> false;
      case NOT_LOCAL -> relay(command, request);
    };
  }

  private boolean relay(Command command, Request request) {
    if (!reads.allows(command, request)) {
      return false;
    }
    boolean own = upstream.isPinned() || upstream.isPinningWanted();
    if (own && !upstream.isPinnedAndOpen()) {
      return answerPinFailure();
    }
    boolean waits = upstream.mustWait(command, request) || !upstream.isWritable(command);
    if (waits && !drained()) {
      return false;
    }
    if (!upstream.own().isPipeOpen(command, request)) {
      return answerPinFailure();
    }
    if (upstream.awaitsLeases()
        && !upstream.areLeasesBroken(command, request, request.argCount())) {
      return false;
    }
    byte[] refusal = upstream.takeLeaseFailure();
    if (refusal != null) {
      return client.answer(refusal);
    }
    upstream.relay(command, request);
    return true;
  }

  /** Relays on a connection of the client's own, or answers why there is none. */
  boolean relayPinned(Command command, Request request) {
    return upstream.isPinnedAndOpen() ? relay(command, request) : answerPinFailure();
  }

  private boolean answerPinFailure() {
    String why = upstream.takePinFailure();
    return why != null && client.answer(Upstream.unavailable(why));
  }

  private boolean drained() {
    client.pauseUntilDrained();
    return !client.replies().owesReplies();
  }

  private boolean quit(Command command, Request request) {
    if (upstream.isPinned()) {
      return quitUpstream(command, request);
    }
    if (!drained()) {
      return false;
    }
    client.answer(Replies.ok());
    client.closeWhenWritten();
    return true;
  }

  /** The upstream answers, or not, and closes; nothing is read any more. */
  private boolean quitUpstream(Command command, Request request) {
    boolean taken = relay(command, request);
    if (taken && session.pipe) {
      client.pause();
    } else if (taken) {
      client.closeWhenWritten();
    }
    return taken;
  }
}
