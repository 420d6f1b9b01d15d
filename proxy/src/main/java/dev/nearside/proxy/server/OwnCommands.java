package dev.nearside.proxy.server;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.invalidation.Invalidation;
import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.telemetry.CommandLabel;
import dev.nearside.proxy.tier.local.LookupKey;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The commands of Nearside itself, which the upstream never sees. Confined to the connection's
 * event loop.
 */
final class OwnCommands {
  private final ClientConnection client;
  private final Coherence coherence;
  private final Invalidation invalidation;

  OwnCommands(ClientConnection client) {
    this.client = client;
    this.coherence = client.context().coherence();
    this.invalidation = client.context().invalidation();
  }

  boolean run(Request request) {
    client.answeredLocally(CommandLabel.OTHER);
    if (request.argIs(0, "NEARSIDE.L1")) {
      return l1(request);
    }
    if (request.argIs(0, "NEARSIDE.STRICT")) {
      return strict(request);
    }
    if (request.argIs(0, "NEARSIDE.INVALIDATE")) {
      return invalidate(request);
    }
    if (request.argIs(0, "NEARSIDE.TAG")) {
      return tag(request);
    }
    if (request.argIs(0, "NEARSIDE.OUTBOX")) {
      return outbox(request);
    }
    if (request.argIs(0, "NEARSIDE.EXPLAIN")) {
      return explain(request);
    }
    String name = new String(request.arg(0), StandardCharsets.UTF_8);
    return error("ERR unknown command '" + name + "'");
  }

  private boolean l1(Request request) {
    if (request.argCount() == 1) {
      String mode = coherence.mode().name().toLowerCase(Locale.ROOT);
      return client.answer(Replies.bulk(mode.getBytes(StandardCharsets.UTF_8)));
    }
    if (!client.session().ownIdentity) {
      return refuse("switch NEARSIDE.L1");
    }
    if (request.argCount() == 2 && request.argIs(1, "ON")) {
      return set(L1Mode.ON);
    }
    if (request.argCount() == 2 && request.argIs(1, "SHADOW")) {
      return set(L1Mode.SHADOW);
    }
    if (request.argCount() == 2 && request.argIs(1, "OFF")) {
      return set(L1Mode.OFF);
    }
    return error("ERR NEARSIDE.L1 takes ON, SHADOW, OFF or nothing");
  }

  private boolean set(L1Mode mode) {
    String refusal = coherence.setMode(mode);
    return refusal == null ? client.answer(Replies.ok()) : error("ERR " + refusal);
  }

  /** About this connection only, so anybody's right. */
  private boolean strict(Request request) {
    Session session = client.session();
    if (request.argCount() == 1) {
      String asked = session.strict ? "on" : "off";
      return client.answer(Replies.bulk(asked.getBytes(StandardCharsets.UTF_8)));
    }
    boolean on = request.argIs(1, "ON");
    if (request.argCount() != 2 || !(on || request.argIs(1, "OFF"))) {
      return error("ERR NEARSIDE.STRICT takes ON, OFF or nothing");
    }
    session.strict = on;
    return client.answer(Replies.ok());
  }

  private boolean invalidate(Request request) {
    if (!client.session().ownIdentity) {
      return refuse("use NEARSIDE.INVALIDATE");
    }
    try {
      Invalidate asked = Invalidate.of(request);
      return later(done -> invalidation.forget(asked.scope(), asked.target(), done));
    } catch (IllegalArgumentException e) { // the client's mistake, and said so
      return error(String.valueOf(e.getMessage()));
    }
  }

  private boolean tag(Request request) {
    if (!client.session().ownIdentity) {
      return refuse("use NEARSIDE.TAG");
    }
    if (request.argCount() < 3) {
      return error("ERR NEARSIDE.TAG takes a key and one or more tags");
    }
    byte[] key = request.arg(1);
    List<byte[]> tags = Invalidate.args(request, 2);
    return later(done -> invalidation.tag(key, tags, done));
  }

  private boolean outbox(Request request) {
    if (!client.session().ownIdentity) {
      return refuse("use NEARSIDE.OUTBOX");
    }
    try {
      CompletableFuture<byte[]> answer =
          OutboxCommand.run(client.context().writes(), request)
              .exceptionally(failure -> Replies.error("ERR Redis cannot be asked"));
      PendingReply reply = client.replies().add(new PendingReply(client.replies()));
      client.pauseUntilDrained();
      var _ = answer.thenAccept(bytes -> client.execute(() -> done(reply, bytes)));
      return true;
    } catch (IllegalArgumentException e) { // the client's mistake, and said so
      return error(String.valueOf(e.getMessage()));
    }
  }

  private boolean explain(Request request) {
    boolean query = request.argCount() > 2 && request.argIs(1, "QUERY");
    if (request.argCount() != 2 && !query) {
      return error("ERR NEARSIDE.EXPLAIN takes a key, or QUERY name [arg ...]");
    }
    try {
      byte[] name = query ? new QueryRequest(client).key(request, 2) : request.arg(1);
      LookupKey key = new LookupKey().set(client.session().database, name);
      return client.answer(new Explanation(client, key).reply());
    } catch (IllegalArgumentException e) { // the client's mistake, and said so
      return error(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Replies when {@code task} is done. No further request is worked off before: a GET behind an
   * INVALIDATE must not find what that is about to remove.
   */
  private boolean later(Consumer<Consumer<Invalidation.Outcome>> task) {
    PendingReply reply = client.replies().add(new PendingReply(client.replies()));
    client.pauseUntilDrained();
    task.accept(outcome -> client.execute(() -> done(reply, outcome)));
    return true;
  }

  private void done(PendingReply reply, Invalidation.Outcome outcome) {
    String shortfall = outcome.shortfall();
    done(reply, shortfall == null ? Replies.integer(outcome.count()) : Replies.error(shortfall));
  }

  private void done(PendingReply reply, byte[] bytes) {
    if (client.isOpen()) {
      client.session().floorNs = System.nanoTime(); // nothing older is for this connection
      reply.append(bytes);
      reply.complete();
    }
  }

  private boolean refuse(String what) {
    return error("NOPERM only the user of the sidecar itself may " + what);
  }

  private boolean error(String message) {
    return client.answer(Replies.error(message));
  }
}
