package dev.nearside.proxy.relay;

import dev.nearside.proxy.resp.Requests;
import dev.nearside.proxy.security.Credentials;
import dev.nearside.proxy.tier.Answer.Reason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the sidecar says first on a connection, and what the upstream answered. HELLO with the
 * sidecar's own credentials, SELECT where the database is not 0, ROLE where only a primary will do,
 * whatever a client had said before its state was moved here, INFO for the node's name, and last
 * what makes somebody else of a client. Used once, on one event loop.
 */
final class Greeting {
  private static final byte[] EMPTY = {};
  private static final String REPLICA = "$5\r\nslave";
  private static final String TOO_MANY = "-ERR max number of clients reached";

  private final int protocol;
  private final int database;
  private final UpstreamLink link;
  private final List<byte[]> replayed;
  private final List<byte[]> held;
  private @Nullable String refusal;
  private byte[] helloReply = EMPTY;
  private byte[] selectReply = EMPTY;
  private byte[] role = EMPTY;
  private byte[] info = EMPTY;

  /**
   * Creates a greeting.
   *
   * @param protocol 2 or 3
   * @param replayed whole requests to repeat; their replies were learned before and are discarded
   */
  Greeting(UpstreamLink link, int protocol, int database, List<byte[]> replayed) {
    this(link, protocol, database, replayed, List.of());
  }

  /**
   * Creates a greeting.
   *
   * @param held whole requests that have to be agreed to as they were elsewhere, above all as whom
   *     a client acts
   */
  Greeting(
      UpstreamLink link, int protocol, int database, List<byte[]> replayed, List<byte[]> held) {
    this.link = link;
    this.protocol = protocol;
    this.database = database;
    this.replayed = replayed;
    this.held = held;
  }

  /** Returns the upstream's reply to INFO server. */
  String info() {
    return new String(info, StandardCharsets.ISO_8859_1);
  }

  /**
   * Returns whether the upstream is there and takes clients, whatever else it said: one that has
   * too many says so to the first request and closes.
   */
  boolean wasAnswered() {
    return helloReply.length > 0 && !text(helloReply).startsWith(TOO_MANY);
  }

  /**
   * Sends it all in one write; {@code done} hears null, or why it was refused: the upstream's own
   * error, with its minus, or in words.
   */
  void send(UpstreamConnection connection, Consumer<@Nullable String> done) {
    say(connection, hello(), new Learn(reply -> helloReply = reply));
    if (database != 0) {
      say(
          connection,
          Requests.encode("SELECT", String.valueOf(database)),
          new Learn(reply -> selectReply = reply));
    }
    if (link.primaryOnly()) {
      say(connection, Requests.encode("ROLE"), new Learn(reply -> role = reply));
    }
    for (byte[] request : replayed) {
      say(connection, request, new Learn(reply -> {}));
    }
    Consumer<byte[]> told = reply -> info = reply;
    say(
        connection,
        Requests.encode("INFO", "server"),
        held.isEmpty() ? new Last(told, done) : new Learn(told));
    for (int i = 0; i < held.size(); i++) {
      boolean isLast = i == held.size() - 1;
      say(
          connection,
          held.get(i),
          isLast ? new Last(this::noteHeld, done) : new Learn(this::noteHeld));
    }
  }

  private void noteHeld(byte[] reply) {
    if (reply[0] == '-' && refusal == null) {
      refusal = text(reply);
    }
  }

  private byte[] hello() {
    Credentials own = link.credentials().get();
    String password = own.password();
    return password == null
        ? Requests.encode("HELLO", String.valueOf(protocol))
        : Requests.encode("HELLO", String.valueOf(protocol), "AUTH", own.user(), password);
  }

  /**
   * An upstream that wants credentials the sidecar was not given is as good as one that agrees: it
   * answers every command as it would a direct client, and lets those in that authenticate.
   */
  private @Nullable String verdict() {
    for (byte[] reply : List.of(helloReply, selectReply)) {
      String said = text(reply);
      if (said.startsWith("-") && !said.startsWith("-NOAUTH")) {
        return said;
      }
    }
    if (refusal != null) {
      return refusal;
    }
    return isReplica() ? "the node is a replica, and only its primary is wanted" : null;
  }

  /** A user who may not ask is believed to be where it should be: a replica refuses writes. */
  private boolean isReplica() {
    return text(role).startsWith(REPLICA, text(role).indexOf('\n') + 1);
  }

  private static String text(byte[] reply) {
    return new String(reply, StandardCharsets.UTF_8).strip();
  }

  private static void say(UpstreamConnection connection, byte[] request, ReplySink sink) {
    connection.send(Unpooled.wrappedBuffer(request), 0, request.length, sink);
  }

  /** Gathers one reply. */
  private static class Learn implements ReplySink {
    private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();
    private final Consumer<byte[]> learned;

    Learn(Consumer<byte[]> learned) {
      this.learned = learned;
    }

    @Override
    public void reply(ByteBuf in, int from, int to, boolean first, boolean last) {
      gathered.writeBytes(ByteBufUtil.getBytes(in, from, to - from));
      if (last) {
        learned.accept(gathered.toByteArray());
      }
    }

    @Override
    public void lost() {}

    @Override
    public void refused(Reason reason) {}
  }

  /** Gathers the last reply. */
  private final class Last extends Learn {
    private final Consumer<@Nullable String> done;

    Last(Consumer<byte[]> learned, Consumer<@Nullable String> done) {
      super(reply -> {
        learned.accept(reply);
        done.accept(verdict());
      });
      this.done = done;
    }

    @Override
    public void lost() {
      String said = verdict();
      done.accept(said == null ? "the connection was closed during the greeting" : said);
    }
  }
}
